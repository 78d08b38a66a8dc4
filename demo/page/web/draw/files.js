// @ts-check
// Maps in the browser: grey PNG files read back value for value.

export async function fetchFile(file) {
  const reply = await fetch(file.url);
  if (!reply.ok) throw new Error(`${file.url}: ${reply.status}`);
  return reply.blob();
}

export async function readGrey(file) {
  const bitmap = await createImageBitmap(await fetchFile(file), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const values = new Uint8Array(bitmap.width * bitmap.height);
  for (let i = 0; i < values.length; i++) values[i] = pixels[4 * i];
  return { width: bitmap.width, height: bitmap.height, values };
}
