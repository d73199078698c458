// The bar at the lower edge of a recording's page: what plays, and the selection
// with all that is done with it. It stays in view wherever the page is scrolled
// to.
import {post} from "./api.js";
import {exact, position} from "./time.js";
import {t} from "./words.js";
import {right, wrong} from "./wrong.js";

const byId = (id) => document.getElementById(id);
const times = ["from", "to", "length"];

export class Dock {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		const click = (id, f) => byId(id).addEventListener("click", f);
		click("play", () => view.player.toggle());
		click("play-choice", () => this.play());
		click("loop", () => this.loop(!this.looping));
		click("half", () => this.half());
		click("snap", () => this.snap());
		click("undo", () => view.choice.undo());
		click("redo", () => view.choice.redo());
		click("clear", () => {
			view.choice.clear();
			byId("wave").focus({preventScroll: true}); // the button is gone
		});
		byId("speed").addEventListener("change", (e) => { view.player.speed = Number(e.target.value); });
		for (const id of times) {
			byId(id).addEventListener("change", () => this.typed(id));
			byId(id).addEventListener("keydown", (e) => e.key === "Escape" && this.show());
		}
		new ResizeObserver(() => this.room()).observe(byId("dock"));
	}

	// room tells the rest of the page how much of the window the bar takes.
	room() { document.documentElement.style.setProperty("--dock", byId("dock").offsetHeight + "px"); }

	// show follows the selection.
	show() {
		const {scene, choice: c} = this.view, {rate} = scene, has = c.now !== null;
		const values = {from: c.start, to: c.end, length: c.end - c.start};
		for (const id of times) {
			byId(id).value = has ? position(values[id] / rate, 3) : "";
			right(byId(id), byId("times-wrong"));
		}
		byId("dock").classList.toggle("chosen", has);
		byId("saving").hidden = !has;
		for (const id of ["play-choice", "snap", "clear", "save", "video", "copy", "zoom-choice"]) byId(id).disabled = !has;
		byId("undo").disabled = c.past.length === 0;
		byId("redo").disabled = c.future.length === 0;
		this.loop(this.looping);
	}

	// loop plays the selection over and over.
	loop(on) {
		this.looping = on;
		byId("loop").setAttribute("aria-pressed", String(Boolean(on)));
		const {scene, choice, player} = this.view;
		player.loop = on && choice?.now ? {from: choice.start / scene.rate, to: choice.end / scene.rate} : null;
	}

	// play plays the selection: once, unless it is looped.
	play() {
		const {scene, choice, player} = this.view;
		if (!choice?.now) return;
		player.between(choice.start / scene.rate, this.looping ? undefined : choice.end / scene.rate);
	}

	// half chooses 30 seconds: from where the selection begins, or from here.
	half() {
		const {scene: {rate, length}, choice, player} = this.view;
		const start = choice.now ? choice.start : player.position * rate;
		choice.set(Math.max(0, Math.min(start, length - 30 * rate)), Math.min(length, start + 30 * rate));
	}

	async snap() {
		const {view} = this, {id} = view;
		const s = await view.attempt(() => post(view.path("/span"), {snap: view.choice.now}));
		if (s && id === view.id) view.choice.set(s.start, s.start + s.samples);
	}

	// typed takes numbers as the command line does: the server reads them. What it
	// cannot read stays in the field, with what is wrong with it.
	async typed(which) {
		const {view} = this, field = byId(which), value = (id) => byId(id).value.trim();
		if (!value(which)) {
			this.show();
			return;
		}
		const {scene: {rate}, choice: c, id} = view;
		const from = which === "from" || !c.now ? value("from") || "0" : exact(c.start / rate);
		const q = {at: from};
		if (which === "length" || which === "from" && c.now) q.length = which === "length" ? value("length") : exact((c.end - c.start) / rate);
		else if (which === "to") q.end = value("to");
		try {
			const s = await post(view.path("/span"), q);
			if (id !== view.id) return;
			c.set(s.start, s.start + s.samples);
			this.show(); // also if it is the same as before
			view.wave.reveal(s.start / rate);
		} catch (e) {
			if (id !== view.id) return;
			if (e.kind === "offline" || e.kind === "closed") view.tell(e);
			else wrong(field, byId("times-wrong"), e);
		}
	}

	// follow shows where the playhead is.
	follow(at, wall, playing) {
		byId("now").textContent = position(at, 1);
		byId("whole").textContent = "/ " + position(this.view.player.length);
		byId("clock").textContent = wall;
		const play = byId("play");
		play.setAttribute("aria-label", t(playing ? "pause" : "play"));
		play.classList.toggle("playing", playing);
	}
}
