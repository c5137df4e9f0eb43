// Importing "foretune/iframe" is all there is to do; see foretune-iframe.js.
export {};
