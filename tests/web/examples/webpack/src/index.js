import { Foretune, ForetuneError } from "foretune";

const forecast = document.getElementById("forecast");

document.getElementById("song").addEventListener("change", async ({ target }) => {
  forecast.textContent = "Listening";
  const foretune = await Foretune.load();
  try {
    const { popularity } = await foretune.predict(target.files[0], { context: { year: 2026 } });
    forecast.textContent = `${popularity.p50.toFixed(0)} of 100`;
  } catch (error) {
    if (!(error instanceof ForetuneError)) throw error;
    forecast.textContent = error.message;
  } finally {
    foretune.dispose();
  }
});
