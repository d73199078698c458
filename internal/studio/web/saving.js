// What a recording's page keeps: clips, episodes, title and note; and the
// command line that cuts the same clip.
import {post, work} from "./api.js";
import {answer} from "./dialog.js";
import {Film} from "./film.js";
import {bytes, exact, position} from "./time.js";
import {handle, has, joined, t} from "./words.js";
import {right, wrong} from "./wrong.js";

const byId = (id) => document.getElementById(id);

const longestTitle = 250; // characters

export class Saving {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		this.film = new Film(() => view.chosen());
		const click = (id, f) => byId(id).addEventListener("click", f);
		click("copy", () => this.copy());
		click("film-copy", () => this.copy());
		click("video", () => this.design());
		for (const [id, other] of [["clip-title", "film-title"], ["film-title", "clip-title"]]) {
			byId(id).addEventListener("input", () => {
				byId(other).value = byId(id).value; // one title in two places
				view.chosen();
			});
		}
		byId("format").addEventListener("change", () => view.chosen());
		click("edit", () => this.edit());
		click("edit-cancel", () => this.endEdit());
		const submit = (id, f) => byId(id).addEventListener("submit", (e) => {
			e.preventDefault();
			f();
		});
		submit("saving", () => this.save());
		submit("filming", () => this.save());
		submit("editing", () => this.saveEdit());
		submit("exporting", () => this.export());
	}

	// command is what does the same in a terminal.
	command() {
		const {rate} = this.view.scene, c = this.view.choice, s = this.view.server;
		const words = ["spaces", this.film.on ? "video" : "clip", quote(this.view.id, s?.system), "--at", exact(c.start / rate), "--length", exact((c.end - c.start) / rate)];
		if (!this.film.on) words.push("--format", byId("format").value);
		words.push(...this.film.flags);
		const title = byId("clip-title").value.trim();
		if (title) words.push("--title", quote(title, s?.system));
		if (s?.library_flag) words.push("--library", quote(s.library_flag, s.system));
		return words.join(" ");
	}

	// show shows what would be saved now.
	show() {
		const {view} = this, chosen = view.choice.now;
		if (!chosen) this.film.close();
		this.film.designer.names(view.turns && Boolean(view.turns.turns.length && !view.turns.approximate));
		this.free();
		for (const code of [byId("command"), byId("film-command")]) {
			code.hidden = true;
			showCommand(code, chosen ? this.command() : "");
		}
		this.film.show(view.id, chosen, chosen ? chosen.samples / view.scene.rate : 0, byId("clip-title").value.trim());
	}

	// free takes away what was wrong with the name of the clip.
	free() {
		right(byId("clip-title"), byId("saving-wrong"));
		right(byId("film-title"), byId("film-wrong"));
	}

	// blame says at the title what is wrong with it.
	blame(text, ...controls) {
		if (this.film.on) wrong(byId("film-title"), byId("film-wrong"), text, ...controls);
		else wrong(byId("clip-title"), byId("saving-wrong"), text, ...controls);
	}

	// design opens the dialog for a video of the selection.
	design() {
		if (!this.view.choice?.now) {
			this.view.say(t("chooseFirst"), true);
			return;
		}
		if (!this.titled()) return;
		this.film.open().then(() => this.show());
		this.show();
	}

	async copy() {
		const text = this.command();
		try {
			await navigator.clipboard.writeText(text);
			this.view.say(`${t("copied")}: ${text}`);
		} catch {
			const code = byId(this.film.on ? "film-command" : "command");
			code.hidden = false;
			getSelection().selectAllChildren(code);
			this.view.say(t("notCopied"), true);
		}
	}

	// titled reports whether the title is one that can be saved.
	titled() {
		const over = [...byId("clip-title").value.trim()].length - longestTitle;
		if (over <= 0) return true;
		this.blame(t("titleLong", {n: longestTitle, over}));
		return false;
	}

	// save saves the selection: as a clip, or as a video while its dialog is open.
	async save(force = false) {
		if (!this.view.choice?.now) {
			this.view.say(t("chooseFirst"), true);
			return;
		}
		if (this.saving || !this.titled()) return;
		const {id} = this.view, video = this.film.on;
		this.saving = true;
		this.view.say(t("saving"));
		const body = {...this.view.choice.now, ...this.film.look, format: video ? "mp4" : byId("format").value, title: byId("clip-title").value.trim()};
		if (force) body.force = true;
		let r;
		try {
			r = await keep(this.view.path("/clips"), body, (share) => share > 0 && this.view.say(`${t("saving")} ${Math.round(100 * share)} %`));
		} catch (e) {
			this.refused(e);
			return;
		} finally {
			this.saving = false;
		}
		if (r === null) this.view.say(t("notSaved"));
		if (!r) return;
		this.film.close();
		const said = t(r.status === "done" ? "clipThere" : "clipSaved", {file: fileName(r.file)}) + ", " + bytes(r.bytes);
		const captions = r.captions ? [t("withCaptions")] : [];
		if (r.captions_unwritten) captions.push(t("unwritten", {n: r.captions_unwritten}));
		this.view.say([said, ...captions, ...notAgreed(r)].join(" · "));
		await this.view.reload(id);
	}

	// refused tells why nothing was saved: at the title where another one helps.
	refused(e) {
		if (e.kind !== "exists") {
			this.view.tell(e);
			return;
		}
		this.view.say(t("notSaved"));
		const replace = Object.assign(document.createElement("button"), {type: "button", textContent: t("replace")});
		replace.addEventListener("click", () => {
			this.free();
			this.save(true);
		});
		this.blame(`${t("replaceWhat")} ${t("replaceOr")}`, replace);
	}

	edit() {
		byId("edit-title").value = this.view.detail.untitled ? "" : this.view.detail.title;
		byId("edit-note").value = this.view.detail.note ?? "";
		byId("editing").hidden = false;
		byId("edit-title").focus();
	}

	endEdit() {
		byId("editing").hidden = true;
		byId("edit").focus();
	}

	async saveEdit() {
		const id = this.view.id, title = byId("edit-title").value, body = {note: byId("edit-note").value};
		if (title !== (this.view.detail.untitled ? "" : this.view.detail.title)) body.title = title;
		const {player} = this.view, at = player.position;
		const reopen = () => {
			player.open(id, this.view.detail.parts);
			player.seek(at);
		};
		// With the title the folder gets another name, which Windows gives to
		// none in which a file is open.
		const moves = body.title !== undefined && this.view.detail.parts.length > 0;
		if (moves) player.close();
		const r = await this.view.attempt(() => post(this.view.path(), body));
		if (this.view.id !== id) return;
		if (!r) {
			if (moves) reopen();
			return;
		}
		this.endEdit();
		this.view.say(t("saved"));
		// The files have new names, and may have other tags.
		await this.view.reload(id);
		if (this.view.id === id && moves) {
			reopen();
			await this.view.attempt(() => work(this.view.path("/waveform"), {}));
		}
	}

	async export() {
		const id = this.view.id, state = byId("export-state"), bar = byId("export-bar"), stop = byId("export-stop");
		byId("export").disabled = true;
		const body = {preset: byId("preset").value, format: byId("export-format").value, trim_silence: byId("trim").checked};
		if (!byId("export-words").checked) body.transcript = "none";
		const r = await this.view.attempt(() => keep(this.view.path("/export"), body, (share, end) => {
			bar.hidden = stop.hidden = false;
			progress(bar, share);
			stop.onclick = () => this.view.attempt(end);
			const text = t("exporting", {p: Math.floor(share * 10) * 10});
			if (this.view.id === id && state.textContent !== text) state.textContent = text; // announced every tenth
		}));
		bar.hidden = stop.hidden = true;
		byId("export").disabled = false;
		if (this.view.id !== id) return;
		state.textContent = "";
		if (!r) return;
		const parts = [t(r.status === "there" || r.status === "done" ? "exportThere" : "exported", {file: fileName(r.file), size: bytes(r.bytes), length: position(r.duration)})];
		if (r.before?.integrated != null && r.after?.integrated != null) parts.push(t("loudness", {a: r.before.integrated.toFixed(1), b: r.after.integrated.toFixed(1)}));
		state.textContent = [...parts, ...notAgreed(r), ...r.notes].join(" · ");
		await this.view.reload(id);
	}
}

// quote makes a text one word of a command line.
export function quote(text, system) {
	if (/^[\w@%+=:,./-]+$/.test(text)) return text;
	return system === "windows" ? "'" + text.replaceAll("'", "''") + "'" : "'" + text.replaceAll("'", "'\\''") + "'";
}

// keep does work that writes a file. It asks whether to replace an episode of the
// same name, and for a reason where speakers have not given consent. It returns
// null if the answer is no.
async function keep(path, body, progress) {
	try {
		return await work(path, body, progress);
	} catch (e) {
		if (e.kind === "consent" && !body.reason) {
			const reason = await askReason(e);
			return reason ? keep(path, {...body, reason}, progress) : null;
		}
		if (e.kind !== "exists" || body.force || path.endsWith("/clips")) throw e;
		return await replace() ? keep(path, {...body, force: true}, progress) : null;
	}
}

// askReason shows who has not given consent, and returns the host's reason to
// go on, or "".
export function askReason(refusal) {
	const dialog = byId("consent"), reason = byId("consent-reason"), go = byId("consent-go");
	const {speakers, ways} = refusal.consent;
	byId("consent-who").replaceChildren(...speakers.map((s) => li(without(s))));
	byId("consent-ways").replaceChildren(...ways.map((w) => li(t("way." + w.kind, {name: handle(w.name ?? "")}))));
	reason.value = "";
	go.disabled = true;
	reason.oninput = () => { go.disabled = !/\p{L}/u.test(reason.value); }; // as the server wants it
	const answered = answer(dialog);
	reason.focus();
	return answered.then((value) => value === "yes" ? reason.value.trim() : "");
}

const li = (text) => Object.assign(document.createElement("li"), {textContent: text});

// without says who has not given consent, what they said and when they speak.
function without(s) {
	const name = s.forgotten ? t("forgotten") : s.name ? handle(s.name) : t("unknownSpeaker");
	const spans = s.spans.length ? joined(s.more ? [...s.spans, t("moreSpans", {n: s.more})] : s.spans) : t("unknownTime");
	return t("speaksAt", {name: has("answer." + s.answer) ? t("aside", {text: name, aside: t("answer." + s.answer)}) : name, spans});
}

// replace asks whether to replace a file.
function replace() { return answer(byId("replace")).then((value) => value === "yes"); }

// notAgreed names the speakers without consent.
function notAgreed(r) {
	const names = r.consent_missing ?? [];
	return names.length ? [t("notAgreed", {names: joined(names.map((n) => n ? handle(n) : t("unknown")))})] : [];
}

// progress shows a share, or that none is known yet.
export function progress(bar, share) {
	if (share > 0) bar.value = share;
	else bar.removeAttribute("value");
}

// showCommand shows a command line whose words break where it has to, and not
// after the hyphens of a flag.
export function showCommand(element, text) {
	element.replaceChildren(...text.split(/( )/).map((word) => word === " " ? word : Object.assign(document.createElement("span"), {textContent: word})));
}

const fileName = (path) => path.split(/[/\\]/).pop();
