// What importing "foretune/react" tells TypeScript: the element as JSX. React 19 or newer sets what
// it knows as properties, and passes `onforetune-result` and its like on as listeners.

import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { Context } from "./foretune.js";
import type { ForetuneEventDetails, ForetunePredictor } from "./element.js";

export * from "./element.js";

type Listeners = {
  [Name in keyof ForetuneEventDetails as `on${Name}`]?: (
    event: CustomEvent<ForetuneEventDetails[Name]>,
  ) => void;
};

/** The attributes of `<foretune-predictor>`, as README.md describes them. */
export interface ForetunePredictorAttributes
  extends DetailedHTMLProps<HTMLAttributes<ForetunePredictor>, ForetunePredictor>,
    Listeners {
  src?: string;
  "demo-src"?: string;
  "base-url"?: string;
  "release-year"?: number | string;
  genre?: string;
  explicit?: boolean | "";
  "artist-usual-popularity"?: number | string;
  "artist-other-songs"?: number | string;
  compact?: boolean | "";
  remember?: boolean | "";
  loading?: "eager" | "lazy";
  theme?: "light" | "dark";
  context?: Context;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "foretune-predictor": ForetunePredictorAttributes;
    }
  }
}
