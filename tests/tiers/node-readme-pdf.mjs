// Checks the example of docs/tools.md that reads a PDF.

import { ok } from "../scenarios/assert.mjs";

/** Returns a PDF of one page that shows a text. <https://www.iso.org/standard/75839.html> */
function pdf(text) {
  const page = `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R" +
      "/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${page.length}>>stream\n${page}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj${object}endobj\n`;
    return `${String(at).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 6\n0000000000 65535 f \n${offsets.join("")}`;
  return `${file}${table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF`;
}

export async function readsPdf({ module }) {
  const headers = { "content-type": "application/pdf" };
  globalThis.fetch = async () => new Response(pdf("Words of a PDF"), { headers });
  const { content } = await module.web_fetch({ url: "https://1.1.1.1/a.pdf" });
  ok(content.includes("\napplication/pdf\n\nWords of a PDF\n</page-"), content);
}
