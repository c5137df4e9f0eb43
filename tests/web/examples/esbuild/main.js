import "foretune/element";

document.querySelector("foretune-predictor").addEventListener("foretune-result", ({ detail }) => {
  document.getElementById("forecast").textContent = `${detail.result.popularity.p50.toFixed(0)} of 100`;
});
