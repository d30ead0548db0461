// Reads a pasted, dropped or chosen picture as a data URL, so that only the provider receives it.

/**
 * Larger pictures are scaled down. Vision models scale them down anyway, so more pixels only cost
 * tokens.
 */
const MAX_SIDE_PX = 1568;
/** A file below this size is sent unchanged. */
const MAX_UNCHANGED_BYTES = 300_000;

/** Returns `{ name, url }`. Rejects if the file is not a picture. */
export async function readPicture(file) {
  return { name: file.name || "picture", url: await dataUrl(file) };
}

async function dataUrl(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < MAX_UNCHANGED_BYTES) return readFile(file);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL(file.type === "image/png" ? "image/png" : "image/jpeg", 0.85);
}

function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
