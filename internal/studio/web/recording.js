// One recording: what is known of it, its waveform, playing, choosing and
// saving.
import {get, recordingPath, work} from "./api.js";
import {Chapters} from "./chapters.js";
import {Choice} from "./choice.js";
import {Dock} from "./dock.js";
import {Floor} from "./floor.js";
import {clipList, episodeList, faultList, uploadList} from "./lists.js";
import {Made} from "./made.js";
import {Moments} from "./moments.js";
import {Peaks} from "./peaks.js";
import {Player} from "./player.js";
import {progress, Saving} from "./saving.js";
import {Clock, dateTime, position, timeOfDay} from "./time.js";
import {Transcript} from "./transcript.js";
import {Voices} from "./voices.js";
import {Wave} from "./wave.js";
import {handle, language, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class RecordingView {
	constructor(root, session, say) {
		this.root = root;
		this.session = session;
		this.say = say;
		this.player = new Player(byId("audio"), () => this.follow(), () => this.say(t("cannotPlay"), true));
		this.wave = new Wave(byId("wave"), byId("overview"), {
			seek: (s) => this.player.seek(s),
			pick: (s) => this.choose(s),
		});
		this.setHand(matchMedia("(pointer: coarse)").matches);
		this.dock = new Dock(this);
		this.saving = new Saving(this);
		this.made = new Made(this);
		this.moments = new Moments(this);
		this.voices = new Voices(this);
		this.chapters = new Chapters(this);
		this.transcript = new Transcript(this);
		this.listen();
		session.then((s) => {
			this.server = s;
			this.render();
		}, () => {});
	}

	// attempt does something and tells what goes wrong.
	async attempt(action) {
		try {
			return await action();
		} catch (e) {
			this.tell(e);
			return undefined;
		}
	}

	// tell says what went wrong where no field is to blame.
	tell(e) { this.say(e, true); }

	// askTurns asks who speaks when; the chapters are in the language of the page.
	askTurns() { return get(this.path("/turns?" + new URLSearchParams({language: language()}))); }

	path(more = "") { return recordingPath(this.id, more); }

	// show shows a recording, at a position.
	async show(id, at = 0) {
		performance.clearMarks("wave-drawn");
		performance.mark("recording-opened");
		this.hide();
		this.id = id;
		byId("title").textContent = document.title = t("loading");
		this.reveal(false);
		const waveform = work(this.path("/waveform"), {}, (share) => this.id === id && this.busy(t("measuring"), share));
		waveform.catch(() => {});
		const turns = this.askTurns();
		turns.catch(() => {});
		const words = this.transcript.ask(id);
		const d = await this.attempt(() => get(this.path()));
		if (this.id !== id) return;
		if (!d) {
			byId("title").textContent = document.title = t("notShown");
			return;
		}
		this.reveal(true);
		this.detail = d;
		scrollTo(0, 0);
		this.choice = new Choice(d.length, () => this.chosen());
		this.scene = {
			id, rate: d.rate || 1, length: d.length, peaks: null, choice: this.choice, playhead: 0, clock: new Clock(d.clocks),
			chapters: [], clips: d.clips, moments: [], voices: [], gaps: d.gaps, damages: d.damages,
		};
		const playable = d.length > 0;
		for (const e of this.root.querySelectorAll(".stage, .sound")) e.hidden = !playable;
		this.render();
		words();
		if (!playable) {
			this.say(t(d.state === "missing" ? "missingAudio" : "noAudio"), true);
			return;
		}
		byId("wave").setAttribute("aria-valuemax", Math.round(d.length / d.rate));
		this.wave.show(this.scene);
		this.player.open(id, d.parts);
		if (at > 0) this.player.seek(at);
		this.chosen();
		this.follow();
		this.showTurns(id, turns);
		this.voices.ask(id);
		const info = await this.attempt(() => waveform);
		if (this.id !== id) return;
		this.busy(null);
		if (!info) return;
		this.peaks = this.scene.peaks = new Peaks(id, info, () => this.wave.soon(), (e) => this.say(e, true));
		this.wave.soon();
	}

	// reveal shows the rest of the view, which without a recording is empty.
	reveal(on) {
		for (const e of this.root.querySelectorAll("#facts, #note, #edit, #remove, .stage, .dock, .cards, .moments")) e.hidden = !on;
	}

	// showTurns adds who speaks when, which of a long recording takes longer.
	async showTurns(id, asked) {
		const turns = await this.attempt(() => asked);
		if (!turns || this.id !== id) return;
		this.turns = turns;
		this.scene.voices = voices(this.detail, turns.turns);
		this.scene.floor = new Floor(this.scene.voices, this.scene.rate);
		this.scene.approximate = turns.approximate;
		this.scene.chapters = turns.chapters;
		this.lists();
		this.saving.show();
		this.transcript.renderWords();
		this.wave.resize();
	}

	hide() {
		this.id = null;
		this.detail = null;
		this.turns = null;
		this.made.reset();
		this.transcript.close();
		this.player.close();
		this.wave.close();
		this.peaks?.close();
		this.busy(null);
		byId("editing").hidden = true;
		this.moments.close();
		this.voices.close();
		this.chapters.close();
		byId("export-state").textContent = "";
	}

	// busy shows how far something is that the waveform waits for.
	busy(text, share = 0) {
		byId("busy").hidden = text === null;
		byId("busy-text").textContent = text ?? "";
		progress(byId("busy-bar"), share);
	}

	// render writes all words anew: of another recording, or in another language.
	render() {
		if (this.server) {
			const options = (formats) => formats.filter((f) => f !== "aac").map((f) => new Option(f));
			keep(byId("format"), options(this.server.clip_formats.filter((f) => f !== "mp4")));
			const own = (this.server.presets ?? []).filter((p) => ![...byId("preset").options].some((o) => o.value === p));
			byId("preset").append(...options(own)); // the host's own
			keep(byId("export-format"), [new Option(t("asPreset"), ""), ...options(this.server.formats)]);
		}
		const d = this.detail;
		if (!d) return;
		const title = d.untitled ? t("noTitle") : d.title;
		document.title = title + " – spaces studio";
		byId("title").textContent = title;
		const facts = [d.started_at ? dateTime(new Date(d.started_at)) : t("undated")];
		if (d.duration !== null) facts.push(position(d.duration));
		facts.push(t("state." + d.state));
		if (d.host?.handle) facts.push(handle(d.host.handle));
		byId("facts").textContent = facts.join(" · ");
		byId("note").textContent = d.note ?? "";
		byId("note").hidden = !d.note;
		this.lists();
		this.transcript.renderWords();
		this.chosen();
		this.follow();
	}

	lists() {
		const on = {
			seek: (s) => this.player.seek(s),
			choose: (s) => this.choose(s),
			play: (s) => {
				this.choose(s);
				this.player.between(s.start / this.scene.rate, (s.start + s.samples) / this.scene.rate);
			},
			download: (m) => this.path(`/${m.kind}s/${encodeURIComponent(m.sha256)}`),
			remove: (m) => this.made.remove(m),
			undo: (m) => this.made.undo(m),
			rename: (m) => this.made.ask(m),
			publish: (m) => this.made.publish(m),
		};
		const {rate} = this.scene;
		this.voices.show();
		this.chapters.show();
		clipList(byId("clips"), this.made.list("clip", this.detail.clips, (a, b) => a.start - b.start || a.samples - b.samples || byFile(a, b)), rate, on);
		episodeList(byId("episodes"), this.made.list("episode", this.detail.episodes, byFile), on);
		byId("clips-wrong").textContent = this.detail.clips_error ?? "";
		byId("clips-wrong").hidden = !this.detail.clips_error;
		byId("episodes-wrong").textContent = this.detail.episodes_error ?? "";
		byId("episodes-wrong").hidden = !this.detail.episodes_error;
		this.moments.show();
		faultList(byId("faults"), this.detail);
		uploadList(byId("uploads"), this.detail.uploads);
	}

	// speak shows all words in another language.
	speak() {
		this.render();
		if (this.turns) this.showTurns(this.id, this.askTurns());
	}

	repaint() {
		if (this.scene && this.id) this.wave.recolour();
	}

	// choose selects a span and shows it. The title of what was selected before is not
	// its own.
	choose(s) {
		byId("clip-title").value = byId("film-title").value = "";
		this.choice.set(s.start, s.start + s.samples);
		this.wave.zoomTo(s.start, s.samples);
		this.player.seek(s.start / this.scene.rate);
	}

	// chosen follows the selection.
	chosen() {
		if (!this.scene) return;
		this.dock.show();
		this.saving.show();
		this.transcript.chosen();
		this.wave.soon();
	}

	// follow shows where the playhead is, while it moves once for each picture.
	follow() {
		if (!this.scene || !this.id) return;
		this.player.tick();
		const at = this.scene.playhead = this.player.position, playing = this.player.playing;
		const wall = this.scene.clock.at(at);
		this.dock.follow(at, wall ? timeOfDay(wall) : "", playing);
		const slider = byId("wave"), whole = String(Math.floor(at));
		if (slider.getAttribute("aria-valuenow") !== whole || !slider.hasAttribute("aria-valuetext")) {
			slider.setAttribute("aria-valuenow", whole);
			slider.setAttribute("aria-valuetext", position(at) + (wall ? ", " + timeOfDay(wall) : ""));
		}
		this.wave.soon();
		this.transcript.follow();
		if (playing && !this.wave.drag) this.wave.reveal(at);
		if (playing && !this.ticking) {
			this.ticking = true;
			requestAnimationFrame(() => {
				this.ticking = false;
				this.follow();
			});
		}
	}

	setHand(on) {
		this.wave.hand = on;
		byId("hand").setAttribute("aria-pressed", String(on));
	}

	listen() {
		const click = (id, f) => byId(id).addEventListener("click", f);
		click("hand", () => this.setHand(!this.wave.hand));
		click("zoom-in", () => this.wave.zoom(0.5));
		click("zoom-out", () => this.wave.zoom(2));
		click("zoom-all", () => this.wave.all());
		click("zoom-choice", () => this.choice.now && this.wave.zoomTo(this.choice.start, this.choice.now.samples));
		byId("wave").addEventListener("keydown", (e) => this.slide(e));
	}

	// slide moves the playhead as a slider does.
	slide(e) {
		if (e.ctrlKey || e.metaKey || e.altKey || !this.scene) return;
		const at = this.player.position, big = e.shiftKey ? 10 : 1;
		const to = {ArrowLeft: at - big, ArrowDown: at - big, ArrowRight: at + big, ArrowUp: at + big, PageDown: at - 60, PageUp: at + 60, Home: 0, End: this.player.length}[e.key];
		if (to === undefined) return;
		e.preventDefault();
		this.seek(to);
	}

	seek(seconds) {
		this.player.seek(seconds);
		this.wave.reveal(this.player.position);
	}

	// key does what a key stands for anywhere on the page.
	key(e) {
		if (!this.scene || !this.id || this.detail.length === 0) return false;
		const k = e.key.toLowerCase(), at = this.player.position, {rate, length} = this.scene;
		if (e.ctrlKey || e.metaKey) {
			if (k === "z") e.shiftKey ? this.choice.redo() : this.choice.undo();
			else if (k === "y") this.choice.redo();
			else if (k === "f" && this.transcript.shown) this.transcript.finding.open();
			else return false;
			return true;
		}
		if (e.altKey) return false;
		if (k === "/" && this.transcript.shown) {
			this.transcript.finding.open();
			return true;
		}
		if (k === " " && e.target.closest("button, a, [type=checkbox]")) return false; // which the key presses
		const here = at * rate, half = 30 * rate, c = this.choice;
		const act = {
			" ": () => this.player.toggle(), k: () => this.player.pause(), j: () => this.seek(at - 10), l: () => this.seek(at + 10),
			",": () => this.seek(at - 0.01), ".": () => this.seek(at + 0.01), "<": () => this.seek(at - 1), ">": () => this.seek(at + 1),
			";": () => this.seek(at - 1), ":": () => this.seek(at + 1),
			i: () => c.set(here, c.now && c.end > here ? c.end : Math.min(length, here + half)),
			o: () => c.set(c.now && c.start < here ? c.start : Math.max(0, here - half), here),
			p: () => this.dock.play(), r: () => this.dock.loop(!this.dock.looping), n: () => c.now && this.dock.snap(),
			s: () => this.saving.save(), v: () => this.saving.design(),
			"+": () => this.wave.zoom(0.5), "=": () => this.wave.zoom(0.5), "-": () => this.wave.zoom(2), "0": () => this.wave.all(),
			z: () => c.now && this.wave.zoomTo(c.start, c.now.samples),
		}[k];
		if (!act) return false;
		act();
		return true;
	}

	// reload reads what has changed on disk.
	async reload(id) {
		const d = await this.attempt(() => get(recordingPath(id)));
		if (!d || this.id !== id) return;
		this.detail = d;
		this.scene.clips = d.clips;
		this.render();
		this.wave.resize();
	}
}

const byFile = (a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : 0;

// keep fills a select anew without changing what is chosen.
function keep(select, options) {
	const chosen = select.value;
	select.replaceChildren(...options);
	if (chosen) select.value = chosen;
}

// voices are those who speak, with their turns, in the order of the stage.
function voices(d, turns) {
	const byHandle = new Map();
	for (const s of d.speakers) if (s.handle) byHandle.set(s.handle, []);
	for (const turn of turns) {
		if (!turn.handle) continue;
		if (!byHandle.has(turn.handle)) byHandle.set(turn.handle, []);
		byHandle.get(turn.handle).push([turn.start, turn.end]);
	}
	return [...byHandle].filter(([, turns]) => turns.length).map(([handle, turns]) => ({handle, turns}));
}
