import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import type { Result } from "foretune";
import "foretune/react";

function Forecast() {
  const [result, setResult] = useState<Result | null>(null);
  return (
    <main>
      <h1>Our next single</h1>
      <foretune-predictor
        compact
        release-year={2026}
        context={{ year: 2026, genre: "indie pop" }}
        onforetune-result={({ detail }) => setResult(detail.result)}
      />
      {result && (
        <p id="forecast">
          {result.popularity.p50.toFixed(0)} of 100, at {result.features.tempo.toFixed(0)} BPM
        </p>
      )}
    </main>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Forecast /></StrictMode>);
