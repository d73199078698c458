// Clips and episodes that are saved: removing them, bringing them back, and
// giving them another name.
import {post, recordingPath, work} from "./api.js";
import {answer} from "./dialog.js";
import {put, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Made {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		this.gone = [];
		byId("renaming").addEventListener("submit", (e) => {
			e.preventDefault();
			this.rename();
		});
		byId("remove").addEventListener("click", () => this.removeAll());
		byId("rename-cancel").addEventListener("click", () => byId("rename").close());
	}

	// reset forgets what was removed from the recording that was shown.
	reset() { this.gone = []; }

	path(id, m, what) { return recordingPath(id, `/${m.kind}s/${encodeURIComponent(m.sha256)}/${what}`); }

	// list returns what is saved, and among it, where it was, what was removed
	// since the recording is shown. Those have a place from which they come back.
	list(kind, saved, order) {
		return [...saved.map((m) => ({...m, kind})), ...this.gone.filter((m) => m.kind === kind)].sort(order);
	}

	async remove(m) {
		const {view} = this, id = view.id;
		const item = await view.attempt(() => post(this.path(id, m, "remove"), {file: m.file}));
		if (view.id !== id) return;
		if (item) {
			this.gone.push({...m, place: item.place});
			view.say(t("removedOne", {name: m.file}));
		}
		await view.reload(id);
		if (item && view.id === id) button(m.kind, "place", item.place)?.focus();
	}

	async undo(m) {
		const {view} = this, id = view.id;
		const back = await view.attempt(() => restore(m.place));
		if (view.id !== id) return;
		this.gone = this.gone.filter((g) => g.place !== m.place); // also if somebody else has brought it back
		if (back) view.say(restored(back));
		await view.reload(id);
		if (back && view.id === id) button(m.kind, "file", back.name)?.focus();
	}

	// removeAll removes the recording that is shown, once somebody has said yes.
	async removeAll() {
		const {view} = this, {id, detail} = view, dialog = byId("removal");
		byId("removal-what").textContent = t("removeWhat", {clips: t("nClips", {n: detail.clips.length}), episodes: t("nEpisodes", {n: detail.episodes.length})});
		if (await answer(dialog) !== "yes" || view.id !== id) return;
		view.player.close(); // Windows moves no folder in which a file is open
		const item = await view.attempt(() => post(recordingPath(id, "/remove")));
		if (view.id !== id) return;
		if (!item) {
			view.player.open(id, detail.parts);
			return;
		}
		view.say(t("removedOne", {name: item.title || item.id}));
		location.hash = "#/removed";
	}

	// ask asks for another name.
	ask(m) {
		const dot = m.file.lastIndexOf("."), ext = dot > 0 ? m.file.slice(dot) : "";
		this.asked = {m, id: this.view.id};
		byId("rename-about").textContent = t("renameAbout", {ext});
		byId("rename-wrong").textContent = "";
		byId("new-name").value = m.file.slice(0, m.file.length - ext.length);
		byId("rename").showModal();
		byId("new-name").select();
	}

	async rename() {
		const {view} = this, {m, id} = this.asked;
		let file;
		try {
			({file} = await post(this.path(id, m, "rename"), {file: m.file, name: byId("new-name").value.trim()}));
		} catch (e) {
			put(byId("rename-wrong"), e);
			byId("new-name").focus();
			return;
		}
		byId("rename").close();
		if (view.id !== id) return;
		view.say(file === m.file ? t("renameSame") : t("renamed", {name: file}));
		await view.reload(id);
		if (view.id === id) button(m.kind, "file", file)?.focus();
	}
}

// button is the first button of a clip or an episode in its list that removes it,
// renames it or brings it back, by its file or its place.
function button(kind, key, value) {
	return [...byId(kind + "s").querySelectorAll("button")].find((b) => b.dataset[key] === value);
}

export const restore = (place) => work("api/removed/restore", {place});

// restored says under which name something is back.
export const restored = (r) => t(r.renamed ? "restoredAs" : "restored", {name: r.name});
