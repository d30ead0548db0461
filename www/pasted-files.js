// Decides which files of a paste become attachments.

/**
 * Returns the files of a paste. If the text should be pasted instead, returns no files. If a person
 * copies text, spreadsheets and word processors also offer a picture of this text. If a person
 * copies a file, the text is the file's name or path.
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
