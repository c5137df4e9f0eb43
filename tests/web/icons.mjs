// Draws the icons that a device shows from www/icon.svg, which is the only drawing of them:
//
//   node tests/web/icons.mjs      writes www/icons/*.png

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { openBrowser } from "./browser.mjs";

const WWW = fileURLToPath(new URL("../../www/", import.meta.url));

/** A maskable icon fills its square, and keeps the drawing within the circle that every mask leaves. */
export const ICONS = [
  { file: "icons/icon-192.png", size: 192, scale: 1, ground: null },
  { file: "icons/icon-512.png", size: 512, scale: 1, ground: null },
  { file: "icons/maskable-192.png", size: 192, scale: 0.85, ground: "#1c1a24" },
  { file: "icons/maskable-512.png", size: 512, scale: 0.85, ground: "#1c1a24" },
];

/** The PNG of one icon, drawn by the browser of `driver`. */
export async function drawIcon(driver, { size, scale, ground }) {
  const drawing = await readFile(`${WWW}icon.svg`, "utf8");
  const address = await driver.executeAsyncScript(
    `const [drawing, size, scale, ground, done] = arguments;
     const image = new Image(size, size);
     image.onload = () => {
       const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
       const context = canvas.getContext("2d");
       if (ground) {
         context.fillStyle = ground;
         context.fillRect(0, 0, size, size);
       }
       const edge = (size * (1 - scale)) / 2;
       context.drawImage(image, edge, edge, size * scale, size * scale);
       done(canvas.toDataURL("image/png"));
     };
     image.src = "data:image/svg+xml," + encodeURIComponent(drawing);`,
    drawing,
    size,
    scale,
    ground,
  );
  return Buffer.from(address.split(",")[1], "base64");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(`${WWW}icons`, { recursive: true });
  const browser = await openBrowser();
  for (const icon of ICONS) await writeFile(WWW + icon.file, await drawIcon(browser.driver, icon));
  await browser.close();
}
