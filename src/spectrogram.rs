//! Short-time power spectra.
