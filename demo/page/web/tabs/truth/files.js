// @ts-check
// Files: a mask alone, or a mask and its JSON, dropped together or one after the other.

import { page } from "../../page.js";
import { run } from "../../run.js";
import { giveTruth } from "./questions.js";
import { judged, say } from "./state.js";

const isList = (file) => /\.json$/i.test(file.name);

export async function takeFiles(files) {
  const id = run.id;
  const fresh = [...files];
  const old = judged.files;
  if (!fresh.length || !id) return;
  const hadMask = old.some((file) => !isList(file));
  const hasMask = fresh.some((file) => !isList(file));
  const hasList = fresh.some(isList);
  const kept = old.filter((file) => (isList(file) ? !hasList && !hadMask : !hasMask));
  say("Uploading ...");
  try {
    const sent = await Promise.all(
      fresh.map(async (file) => ({
        name: file.name,
        path: (await page.upload(await shortenedList(file, fresh))).path,
      })),
    );
    if (id !== run.id) return;
    judged.files = kept.concat(sent);
  } catch (error) {
    const names = fresh.map((file) => file.name).join(", ");
    say("", `${names} could not be uploaded (${error.message ?? error}); give smaller files, or try again.`);
    return;
  }
  await giveTruth({ files: judged.files.map((file) => file.path) });
}

/** A dataset's JSON lists thousands of photos; only this one's segments travel. */
async function shortenedList(file, together) {
  if (!isList(file) || file.size < 2e6) return file;
  const stem = (name) => name.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
  const wanted = new Set([run.name, ...together.concat(judged.files).map(({ name }) => name)].map(stem));
  try {
    const { annotations } = JSON.parse(await file.text());
    const rows = annotations.map((row) =>
      wanted.has(stem(row.file_name)) ? row : { file_name: row.file_name, segments_info: [] },
    );
    return new File([JSON.stringify({ annotations: rows })], file.name, { type: "application/json" });
  } catch {
    return file; // the server says what is wrong with it
  }
}
