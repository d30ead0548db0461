// Tests encodings that are detected from the bytes alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../src/js/tools/charset.js";

/** Texts of pages that do not name their encoding, and their bytes as base64. */
const UNNAMED = {
  shift_jis: [
    "日本語の文章はひらがなとカタカナと漢字で書かれています。これは古いページです。",
    "k/qWe4zqgsyVto/Ngs2C0ILngqqCyILGg0qDXoNKg2mCxoq/jpqCxY+RgqmC6oLEgqKC3IK3gUKCsYLqgs2M" +
      "w4Kig3mBW4NXgsWCt4FC",
  ],
  "euc-jp": [
    "日本語の文章はひらがなとカタカナと漢字で書かれています。これは古いページです。",
    "xvzL3LjspM7KuL7PpM+k0qTppKykyqTIpaulv6WrpcqkyLTBu/qkx73xpKuk7KTGpKSk3qS5oaOks6TspM+4" +
      "xaSkpdqhvKW4pMekuaGj",
  ],
  "iso-2022-jp": [
    "日本語の文章はひらがなと漢字で書かれています。",
    "GyRCRnxLXDhsJE5KOD5PJE8kUiRpJCwkSiRINEE7eiRHPXEkKyRsJEYkJCReJDkhIxsoQg==",
  ],
  "euc-kr": [
    "한국어 문장은 한글로 쓰여 있습니다. 이것은 오래된 페이지입니다.",
    "x9Gxub7uILmuwOXAuiDH0bHbt84gvrK/qSDA1r3AtM+02S4gwMywzcC6IL/At6G1yCDG5MDMwfbA1LTPtNku",
  ],
  gb18030: [
    "这是一个没有说明编码的旧网页，中国的文字在这里是可以看到的。我们不知道他们的编码。",
    "1eLKx9K7uPbDu9PQy7XD97Hgwuu1xL7JzfjSs6Os1tC5+rXEzsTX1tTa1eLA78rHv8nS1L+0tb21xKGjztLD" +
      "x7K71qq1wMv7w8e1xLHgwuuhow==",
  ],
  big5: [
    "這是一個沒有說明編碼的舊網頁，中文的文字在這裡是可以看到的。我們不知道他們的編碼。",
    "s2+sT6RArdOoU6azu6Gp+r1zvViqusLCuvSttqFBpKSk5aq6pOWmcqZis2+4zKxPpWmlSKzdqOyquqFDp9qt" +
      "zKSjqr65RKVMrcyqur1zvVihQw==",
  ],
  "windows-1251": [
    "Старая страница не называет своей кодировки, но слова можно прочитать.",
    "0fLg8OD/IPHy8ODt6PbgIO3lIO3g5/vi4OXyIPHi7uXpIOru5Ojw7uLq6Cwg7e4g8evu4uAg7O7m7e4g7/Du" +
      "9+jy4PL8Lg==",
  ],
  "koi8-r": [
    "Старая страница не называет своей кодировки, но слова можно прочитать.",
    "89TB0sHRINPU0sHOycPBIM7FIM7B2tnXwcXUINPXz8XKIMvPxMnSz9fLySwgzs8g08zP18Egzc/Wzs8g0NLP" +
      "3snUwdTYLg==",
  ],
  "windows-1252": [
    "Le café est fermé à midi — c’est l’été. Größe, naïve, 20 €.",
    "TGUgY2Fm6SBlc3QgZmVybekg4CBtaWRpIJcgY5Jlc3QgbJLpdOkuIEdy9t9lLCBuYe92ZSwgMjAggC4=",
  ],
  "utf-8": [
    "Größe – это 日本語 한국어 中文",
    "R3LDtsOfZSDigJMg0Y3RgtC+IOaXpeacrOiqniDtlZzqta3slrQg5Lit5paH",
  ],
  "windows-1250, by lang": [
    "Stara strona nie podaje kodowania, a żółw też chce ją przeczytać.",
    "PGh0bWwgbGFuZz1wbD48cD5TdGFyYSBzdHJvbmEgbmllIHBvZGFqZSBrb2Rvd2FuaWEsIGEgv/OzdyB0Zb8g" +
      "Y2hjZSBquSBwcnplY3p5dGHmLg==",
  ],
};

const bytesOf = (base64) => new Uint8Array(Buffer.from(base64, "base64"));

for (const [label, [text, base64]] of Object.entries(UNNAMED)) {
  test(`a text without a named encoding is read: ${label}`, () => {
    const bytes = bytesOf(base64);
    assert.equal(decode({ bytes, isCut: false }, "text/html").replace(/<[^>]*>/g, ""), text);
    const more = new Uint8Array([...Buffer.from("<p class=page>".repeat(2000)), ...bytes]);
    if (!label.includes("lang")) {
      assert.ok(decode({ bytes: more, isCut: false }, "").endsWith(text));
    }
  });
}

test("a text with few faults is UTF-8, and a cut one ends before its last sign", () => {
  const text = "Größe für Äpfel, über alles ";
  const faulty = new Uint8Array([...Buffer.from(text), 0xff]);
  assert.equal(decode({ bytes: faulty, isCut: false }, ""), `${text}\ufffd`);
  const cut = new Uint8Array(Buffer.from("für ä")).subarray(0, -1);
  assert.equal(decode({ bytes: cut, isCut: true }, ""), "für ");
});

test("a declaration in the first 4096 bytes counts", () => {
  const head = `<!doctype html>${"<!-- x -->".repeat(200)}<meta charset=iso-8859-2>`;
  const bytes = new Uint8Array([...Buffer.from(head), 0xb1]);
  assert.ok(decode({ bytes, isCut: false }, "").endsWith("ą"));
});
