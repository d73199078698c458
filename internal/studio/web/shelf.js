// All clips, or all episodes, of the library: played, renamed, published, removed
// and brought back where they are listed.
import {get, post, recordingPath} from "./api.js";
import {feedState} from "./lists.js";
import {askName, madePath, publish, restore, restored} from "./made.js";
import {paintPlay, playButton, span} from "./row.js";
import {bytes, date, dateTime, position} from "./time.js";
import {handle, t} from "./words.js";

const atOnce = 100; // rows; more are shown when they are asked for

const byId = (id) => document.getElementById(id);

export class ShelfView {
	constructor(say, listen) {
		this.say = say;
		this.listen = listen;
		this.items = [];
		listen.on(() => this.shown && this.paint());
		byId("shelf-find").addEventListener("input", () => {
			this.most = atOnce;
			this.render();
		});
		byId("shelf-more").addEventListener("click", () => {
			const first = this.most;
			this.most += atOnce;
			this.render();
			byId("shelf-rows").children[first]?.querySelector("a, button")?.focus();
		});
	}

	// show shows the clips or the episodes.
	async show(made) {
		if (this.made !== made) {
			byId("shelf-find").value = "";
			byId("shelf-rows").replaceChildren();
			byId("shelf-count").textContent = "";
		}
		Object.assign(this, {made, shown: true, known: false, most: atOnce});
		this.render();
		await this.load();
	}

	hide() { this.shown = false; }

	async load() {
		const {made} = this;
		let answer;
		try {
			answer = await get("api/made/" + made);
		} catch (e) {
			this.say(e, true);
			return;
		}
		if (this.made !== made) return;
		this.items = answer.rows.map((m) => ({...m, path: recordingPath(m.id, `/${made}/${encodeURIComponent(m.sha256)}`)}));
		this.broken = answer.broken ?? 0;
		this.known = true;
		this.render();
	}

	render() {
		if (!this.shown) return;
		byId("h-shelf").textContent = t(this.made === "clips" ? "clips" : "episodes");
		byId("shelf-find").setAttribute("placeholder", t("shelfFind"));
		if (!this.known) return;
		const words = byId("shelf-find").value.trim().toLocaleLowerCase();
		const found = this.items.filter((m) => [m.title, m.file, m.recording].some((text) => text.toLocaleLowerCase().includes(words)));
		const clips = this.made === "clips", n = found.length;
		byId("shelf-search").hidden = this.items.length === 0;
		byId("shelf-none").hidden = this.items.length > 0;
		byId("shelf-none").textContent = clips ? t("shelfNoClips") : t("shelfNoEpisodes");
		const count = this.items.length === 0 ? "" : n === 0 ? t("shelfNoMatch") : clips ? t("nClips", {n}) : t("nEpisodes", {n});
		byId("shelf-count").textContent = [count, this.broken ? t("shelfBroken", {n: this.broken}) : ""].filter(Boolean).join(" · ");
		const seen = new Map();
		for (const m of this.items) seen.set(likeness(m), (seen.get(likeness(m)) ?? 0) + 1);
		this.twins = new Set([...seen.keys()].filter((key) => seen.get(key) > 1));
		byId("shelf-rows").replaceChildren(...found.slice(0, this.most).map((m) => this.row(m)));
		byId("shelf-more").hidden = n <= this.most;
		this.paint();
	}

	paint() {
		for (const li of byId("shelf-rows").children) if (li.dataset.key) paintPlay(li, this.listen, li.dataset.key);
	}

	row(m) {
		const li = document.createElement("li"), card = span("row made-row", "");
		li.append(card);
		if (m.place) {
			const undo = this.button(t("undo"), m, () => this.undo(m));
			undo.dataset.place = m.place;
			card.append(span("quiet gone", t("removedOne", {name: m.file})), undo);
			return li;
		}
		const name = m.title || m.file, twin = name !== m.file && this.twins.has(likeness(m)), recording = m.untitled ? t("noTitle") : m.recording;
		const link = Object.assign(document.createElement("a"), {className: "name", href: "#/r/" + encodeURIComponent(m.id) + (m.kind === "clip" && m.start > 0 ? "?t=" + m.start.toFixed(2) : ""), textContent: name});
		const text = span("text", ""), kind = m.file.slice(m.file.lastIndexOf(".") + 1).toUpperCase();
		const about = [recording === name ? "" : recording, twin ? m.file : "", m.made_at ? date(new Date(m.made_at)) : "", m.video ? t("video") : kind, bytes(m.bytes)];
		text.append(link, span("quiet", about.filter(Boolean).join(" · ")));
		const where = span("facts", "");
		if (m.missing) where.append(span("badge missing", t("shelfMissing")));
		if (m.kind === "episode") where.append(span("badge" + (m.published && !m.publish_at ? " complete" : ""), feedState(m)));
		for (const u of m.uploads) where.append(upload(u));
		const acts = span("acts", "");
		if (m.kind === "episode" && !m.missing) acts.append(this.button(t(m.published ? "unpublish" : "publish"), m, () => this.publish(m)));
		if (!m.missing) {
			const download = Object.assign(document.createElement("a"), {href: m.path, textContent: t("download")});
			download.setAttribute("download", m.file);
			download.setAttribute("aria-label", `${t("download")}: ${m.file}`);
			const remove = this.button(t("remove"), m, () => this.remove(m));
			remove.dataset.file = m.file;
			acts.append(this.button(t("rename"), m, () => this.rename(m)), remove, download);
			li.dataset.key = `${m.kind}:${m.id}:${m.sha256}`;
		}
		card.append(m.missing ? span("cover none", "") : playButton(li.dataset.key, twin ? m.file : name, null, () => this.listen.file({...m, title: name})), text, where, span("duration", position(m.duration)), acts);
		return li;
	}

	button(text, m, action) {
		const b = Object.assign(document.createElement("button"), {type: "button", textContent: text});
		b.setAttribute("aria-label", `${text}: ${m.file}`);
		b.addEventListener("click", action);
		return b;
	}

	// focus goes to a button of a row that was made anew.
	focus(key, value) {
		[...byId("shelf-rows").querySelectorAll("button")].find((b) => b.dataset[key] === value)?.focus();
	}

	async attempt(action) {
		try {
			return await action();
		} catch (e) {
			this.say(e, true);
			return undefined;
		}
	}

	async remove(m) {
		if (this.listen.now?.key === `${m.kind}:${m.id}:${m.sha256}`) this.listen.close(); // Windows moves no file that is open
		const item = await this.attempt(() => post(madePath(m.id, m, "remove"), {file: m.file}));
		if (!item) return;
		m.place = item.place;
		this.say(t("removedOne", {name: m.file}));
		this.render();
		this.focus("place", m.place);
	}

	async undo(m) {
		const back = await this.attempt(() => restore(m.place));
		if (back) this.say(restored(back));
		await this.load();
		if (back) this.focus("file", back.name);
	}

	async rename(m) {
		const file = await askName(m, (name) => post(madePath(m.id, m, "rename"), {file: m.file, name}));
		if (!file) return;
		this.say(file === m.file ? t("renameSame") : t("renamed", {name: file}));
		await this.load();
		this.focus("file", file);
	}

	async publish(m) {
		const done = await this.attempt(() => publish(m.id, m, !m.published));
		if (!done) return;
		m.published = done.published;
		this.say(told(m, done));
		this.render();
		this.focus("file", m.file);
	}
}

// likeness is what the rows of different files can share: their name tells them apart.
const likeness = (m) => JSON.stringify([m.id, m.title]);

// told says what became of an episode, and of what was not agreed to.
export function told(m, done) {
	const names = (done.consent_missing ?? []).map((n) => n ? handle(n) : t("unknown"));
	return [t(done.published ? "nowPublished" : "nowUnpublished", {name: m.file}), ...(names.length ? [t("notAgreed", {names: names.join(", ")})] : [])].join(" · ");
}

function upload(u) {
	const text = t("shelfSent", {place: u.place}), when = dateTime(new Date(u.at));
	if (!u.public || !/^https?:/.test(u.url ?? "")) return Object.assign(span("fact", text), {title: when});
	return Object.assign(document.createElement("a"), {className: "fact", href: u.url, textContent: text, title: when, rel: "noreferrer noopener", target: "_blank"});
}
