// Clips and episodes that are saved: removing them, bringing them back, and
// giving them another name.
import {post, recordingPath, work} from "./api.js";
import {answer} from "./dialog.js";
import {askReason} from "./saving.js";
import {put, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Made {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		this.gone = [];
		byId("remove").addEventListener("click", () => this.removeAll());
	}

	// reset forgets what was removed from the recording that was shown.
	reset() { this.gone = []; }

	path(id, m, what) { return madePath(id, m, what); }

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

	// ask gives a clip or an episode another name.
	async ask(m) {
		const {view} = this, {id} = view;
		const file = await askName(m, (name) => post(this.path(id, m, "rename"), {file: m.file, name}));
		if (!file || view.id !== id) return;
		view.say(file === m.file ? t("renameSame") : t("renamed", {name: file}));
		await view.reload(id);
		if (view.id === id) button(m.kind, "file", file)?.focus();
	}

	// publish lets an episode enter the feed, or takes it out.
	async publish(m) {
		const {view} = this, {id} = view;
		const done = await view.attempt(() => publish(id, m, !m.published));
		if (!done || view.id !== id) return;
		view.say(t(done.published ? "nowPublished" : "nowUnpublished", {name: m.file}));
		await view.reload(id);
		if (view.id === id) button(m.kind, "file", m.file)?.focus();
	}
}

// madePath is where a request about a clip or an episode goes.
export const madePath = (id, m, what) => recordingPath(id, `/${m.kind}s/${encodeURIComponent(m.sha256)}/${what}`);

// askName asks for another name until send takes one, and returns the name of the
// file, or nothing.
export function askName(m, send) {
	const dot = m.file.lastIndexOf("."), ext = dot > 0 ? m.file.slice(dot) : "", dialog = byId("rename"), field = byId("new-name");
	byId("rename-about").textContent = t("renameAbout", {ext});
	byId("rename-wrong").textContent = "";
	field.removeAttribute("aria-invalid");
	field.value = m.file.slice(0, m.file.length - ext.length);
	dialog.showModal();
	field.select();
	return new Promise((resolve) => {
		const end = (file) => {
			byId("renaming").removeEventListener("submit", submit);
			byId("rename-cancel").removeEventListener("click", cancel);
			dialog.removeEventListener("close", cancel);
			if (dialog.open) dialog.close();
			resolve(file);
		};
		const cancel = () => end(undefined);
		const submit = async (e) => {
			e.preventDefault();
			try {
				end((await send(field.value.trim())).file);
			} catch (e) {
				put(byId("rename-wrong"), e);
				field.setAttribute("aria-invalid", "true");
				field.focus();
			}
		};
		byId("renaming").addEventListener("submit", submit);
		byId("rename-cancel").addEventListener("click", cancel);
		dialog.addEventListener("close", cancel);
	});
}

// publish lets an episode enter the feed, or takes it out. Where speakers have not
// given consent it asks for a reason; it returns nothing if there is none.
export async function publish(id, m, published, reason = "") {
	try {
		return await post(madePath(id, m, "publish"), {file: m.file, published, reason});
	} catch (e) {
		if (e.kind !== "consent" || reason) throw e;
		const given = await askReason(e);
		return given ? publish(id, m, published, given) : undefined;
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
