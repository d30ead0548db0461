// Pictures that were pasted or dropped become parts of a question: as data, so that no host learns of them but the provider.

const MOST = 6;
/** As much as vision models look at; more is only paid for. */
const SIDE = 1568;
const AS_THEY_ARE = 300_000;

/** @returns `{ taken: [{ name, url }], problem }` */
export async function pictures(files, already) {
  const taken = [];
  const problems = [];
  for (const file of files) {
    if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type)) problems.push(`${file.name || "The file"} is not a PNG, JPEG, WebP or GIF picture.`);
    else if (already + taken.length >= MOST) problems.push(`A question can have up to ${MOST} pictures.`);
    else
      try {
        taken.push({ name: file.name || "picture", url: await dataURL(file) });
      } catch {
        problems.push(`${file.name || "The file"} could not be read as a picture.`);
      }
  }
  return { taken, problem: [...new Set(problems)].join(" ") };
}

async function dataURL(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < AS_THEY_ARE) return read(file);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL(file.type === "image/png" ? "image/png" : "image/jpeg", 0.85);
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
