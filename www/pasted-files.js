// Which files of a paste are attachments.

/**
 * Returns the files, or none if the text should be pasted. Spreadsheets and word processors offer
 * a picture of the selected text too. A copied file comes with its name or path as the text.
 */
export function pastedFiles(clipboard) {
  const files = [...clipboard.files];
  const lines = clipboard.getData("text/plain").trim().split(/\r?\n/).filter(Boolean);
  const isName = (line) =>
    files.some(
      ({ name }) =>
        line === name || line.endsWith(`/${encodeURI(name)}`) || line.endsWith(`/${name}`),
    );
  return lines.every(isName) ? files : [];
}
