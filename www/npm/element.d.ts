// What importing "foretune/element" tells TypeScript of the page's elements.

import type { ForetuneError, Progress, Result } from "./foretune.js";
import type { ForetunePredictor } from "./foretune-element.js";

export { ForetunePredictor };

/** What `<foretune-predictor>` does, in the order in which it does it. */
export type Phase = "idle" | Progress["phase"] | "ready" | "error";

/** The detail of each event of `<foretune-predictor>`; all of them bubble and cross shadow roots. */
export interface ForetuneEventDetails {
  "foretune-prepared": { loadedBytes: number };
  "foretune-phase": { phase: Phase };
  "foretune-result": { name: string; result: Result };
  "foretune-error": { name: string; error: ForetuneError };
  "foretune-forgotten": Record<string, never>;
}

type ForetuneEvents = { [Name in keyof ForetuneEventDetails]: CustomEvent<ForetuneEventDetails[Name]> };

declare global {
  interface HTMLElementTagNameMap {
    "foretune-predictor": ForetunePredictor;
  }
  interface HTMLElementEventMap extends ForetuneEvents {}
}
