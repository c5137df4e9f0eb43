import react from "@vitejs/plugin-react";

// Nothing here is for Foretune.
export default { plugins: [react()] };
