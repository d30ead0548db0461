// Reads pasted, dropped or chosen pictures as data URLs. Only the provider receives them.

const MAX_PICTURES = 6;
/**
 * Larger pictures are scaled down. Vision models scale them down anyway, so more pixels only cost
 * tokens.
 */
const MAX_SIDE_PX = 1568;
/** A file below this size is sent unchanged. */
const MAX_UNCHANGED_BYTES = 300_000;

/**
 * Reads pictures.
 * @param count the number of pictures that the question already has
 * @returns `{ pictures: [{ name, url }], problem }`
 */
export async function readPictures(files, count) {
  const pictures = [];
  const problems = [];
  for (const file of files) {
    const name = file.name || "The file";
    if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type)) {
      problems.push(`${name} is not a PNG, JPEG, WebP or GIF picture.`);
    } else if (count + pictures.length >= MAX_PICTURES) {
      problems.push(`A question can have up to ${MAX_PICTURES} pictures.`);
    } else {
      try {
        pictures.push({ name: file.name || "picture", url: await dataUrl(file) });
      } catch {
        problems.push(`${name} could not be read as a picture.`);
      }
    }
  }
  return { pictures, problem: [...new Set(problems)].join(" ") };
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
