// The waveform as something to look at and to point at: which part is shown,
// and what mouse, fingers and wheel do.
import {colours, heights, layout, paint, paintOverview, paintWhole} from "./draw.js";

const shortest = 0.02; // seconds that can be shown at most zoom
const waveHeight = () => innerWidth < 600 ? 140 : 190;

export class Wave {
	// on has seek(seconds) and pick(span).
	constructor(element, overview, on) {
		this.element = element;
		this.canvas = element.querySelector("canvas");
		this.overview = overview;
		this.overviewCanvas = overview.querySelector("canvas");
		this.on = on;
		this.view = {from: 0, spp: 1};
		this.pointers = new Map();
		new ResizeObserver(() => this.resize()).observe(element);
		element.addEventListener("wheel", (e) => this.wheel(e), {passive: false});
		for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
			this.canvas.addEventListener(name, (e) => this[name](e));
		}
		const jump = (e) => e.buttons && this.scene && this.center((e.offsetX / this.overview.clientWidth) * this.scene.length);
		this.overviewCanvas.addEventListener("pointerdown", (e) => {
			this.overviewCanvas.setPointerCapture(e.pointerId);
			jump(e);
		});
		this.overviewCanvas.addEventListener("pointermove", jump);
	}

	// show begins with a scene: all of it.
	show(scene) {
		this.scene = scene;
		this.marked = false;
		this.resize();
		this.all();
	}

	close() {
		this.scene = null;
		this.drag = null;
		this.pointers.clear();
	}

	get width() { return this.element.clientWidth || 1; }
	get shown() { return this.width * this.view.spp; } // samples

	resize() {
		if (!this.scene) return;
		this.rows = layout(this.scene, waveHeight());
		this.element.style.height = this.rows.height + "px";
		const ratio = this.ratio = Math.min(3, devicePixelRatio || 1);
		size(this.canvas, this.width, this.rows.height, ratio);
		this.overviewSize = [this.overview.clientWidth, this.overview.clientHeight];
		size(this.overviewCanvas, ...this.overviewSize, ratio);
		this.recolour();
		// As much is seen as before.
		const before = this.drawnWidth ?? this.width;
		this.drawnWidth = this.width;
		this.look(this.view.from, this.view.spp * before / this.width);
	}

	recolour() {
		this.c = colours(this.element);
		this.soon();
	}

	// look shows a part, within what there is.
	look(from, spp) {
		if (!this.scene) return;
		const {length, rate} = this.scene;
		spp = Math.max(shortest * rate / this.width, Math.min(spp, Math.max(1, length) / this.width));
		from = Math.max(0, Math.min(from, length - spp * this.width));
		this.view = {from, spp};
		this.soon();
	}

	all() { this.look(0, Infinity); }
	center(sample) { this.look(sample - this.shown / 2, this.view.spp); }
	pan(pixels) { this.look(this.view.from + pixels * this.view.spp, this.view.spp); }

	// zoom changes how much is shown, around a pixel that stays where it is.
	zoom(factor, pixel) {
		if (!this.scene) return;
		const head = (this.scene.playhead * this.scene.rate - this.view.from) / this.view.spp;
		pixel ??= head >= 0 && head <= this.width ? head : this.width / 2;
		const at = this.view.from + pixel * this.view.spp;
		const {length, rate} = this.scene;
		const spp = Math.max(shortest * rate / this.width, Math.min(this.view.spp * factor, length / this.width));
		this.look(at - pixel * spp, spp);
	}

	zoomTo(start, samples) {
		const room = 0.1 * samples;
		this.look(start - room, (samples + 2 * room) / this.width);
	}

	// reveal turns to where a position is, if it is not seen.
	reveal(seconds) {
		const sample = seconds * this.scene.rate;
		if (sample < this.view.from || sample > this.view.from + this.shown) this.look(sample - 0.1 * this.shown, this.view.spp);
	}

	soon() {
		if (this.waiting) return;
		this.waiting = true;
		requestAnimationFrame(() => {
			this.waiting = false;
			if (this.scene && this.c) this.draw();
		});
	}

	draw() {
		const ctx = this.canvas.getContext("2d");
		ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
		const complete = paint(ctx, this.scene, this.view, this.rows, this.width, this.c);
		const over = this.overviewCanvas.getContext("2d");
		over.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
		this.drawOverview(over);
		if (complete && !this.marked) {
			this.marked = true;
			performance.mark("wave-drawn");
		}
	}

	// drawOverview keeps the waveform of the whole as a picture, and redraws
	// only what stands on it.
	drawOverview(ctx) {
		const [width, height] = this.overviewSize; // that of the canvas, which may follow the element's later
		const key = [width, height, this.ratio, this.c.wave, this.scene.id, this.scene.floor?.spans.length].join();
		if (this.picture?.key !== key && this.scene.peaks) {
			const canvas = new OffscreenCanvas(Math.max(1, this.overviewCanvas.width), Math.max(1, this.overviewCanvas.height));
			const own = canvas.getContext("2d");
			own.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
			if (paintWhole(own, this.scene, width, height, this.c)) this.picture = {key, canvas};
			this.rough = canvas;
		}
		const picture = this.picture?.key === key ? this.picture.canvas : this.scene.peaks && this.rough;
		ctx.clearRect(0, 0, width, height);
		if (picture) ctx.drawImage(picture, 0, 0, width, height);
		paintOverview(ctx, this.scene, this.view, width, height, this.width, this.c);
	}

	sample(e) { return this.view.from + e.offsetX * this.view.spp; }

	wheel(e) {
		if (!this.scene) return;
		const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? this.width : 1;
		if (e.ctrlKey || e.metaKey || e.altKey) {
			this.zoom(Math.exp(e.deltaY * unit * 0.003), e.offsetX);
		} else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
			this.pan((e.deltaX || e.deltaY) * unit);
		} else {
			return; // the page scrolls
		}
		e.preventDefault();
	}

	// handle finds the end of the selection that a pointer is at.
	handle(e) {
		const {choice} = this.scene;
		if (!choice.now) return null;
		const reach = e.pointerType === "mouse" ? 7 : 22;
		const a = Math.abs((choice.start - this.view.from) / this.view.spp - e.offsetX);
		const b = Math.abs((choice.end - this.view.from) / this.view.spp - e.offsetX);
		if (Math.min(a, b) > reach) return null;
		return a < b ? "start" : "end";
	}

	// bar finds the clip or moment under a pointer.
	bar(e) {
		for (const name of ["clips", "moments"]) {
			const row = this.rows[name];
			if (!row || e.offsetY < row.y || e.offsetY >= row.y + row.height) continue;
			const reach = 4 * this.view.spp, at = this.sample(e);
			return this.scene[name].find((s) => at >= s.start - reach && at <= s.start + s.samples + reach) ?? null;
		}
		return null;
	}

	pointerdown(e) {
		if (!this.scene || e.button > 1) return;
		this.canvas.setPointerCapture(e.pointerId);
		this.pointers.set(e.pointerId, e.offsetX);
		if (this.pointers.size === 2) {
			this.scene.choice.revert();
			const [a, b] = [...this.pointers.values()];
			this.drag = {kind: "pinch", distance: Math.max(10, Math.abs(a - b)), middle: (a + b) / 2};
			return;
		}
		const at = this.sample(e), end = this.handle(e);
		const hand = this.hand || e.button === 1 || e.shiftKey;
		if (e.offsetY < heights.ruler && !hand) this.drag = {kind: "scrub", x: e.offsetX, moved: true};
		else if (end && !hand) this.drag = {kind: end, x: e.offsetX, moved: false};
		else this.drag = {kind: hand ? "pan" : "choose", x: e.offsetX, at, from: this.view.from, moved: false};
		if (this.drag.kind === "scrub") this.on.seek(at / this.scene.rate);
	}

	pointermove(e) {
		if (!this.scene) return;
		if (!this.drag) {
			this.canvas.style.cursor = this.bar(e) ? "pointer" : this.handle(e) ? "ew-resize" : this.hand ? "grab" : "crosshair";
			return;
		}
		if (this.pointers.has(e.pointerId)) this.pointers.set(e.pointerId, e.offsetX);
		const d = this.drag, {choice} = this.scene;
		if (d.kind === "pinch") {
			const [a, b] = [...this.pointers.values()];
			const distance = Math.max(10, Math.abs(a - b)), middle = (a + b) / 2;
			this.zoom(d.distance / distance, middle);
			this.pan(d.middle - middle);
			Object.assign(d, {distance, middle});
			return;
		}
		if (!d.moved && Math.abs(e.offsetX - d.x) < 4) return;
		d.moved = true;
		const at = this.sample(e);
		if (d.kind === "pan") this.look(d.from + (d.x - e.offsetX) * this.view.spp, this.view.spp);
		else if (d.kind === "scrub") this.on.seek(at / this.scene.rate);
		else if (d.kind === "start") choice.try(Math.min(at, choice.end - 1), choice.end);
		else if (d.kind === "end") choice.try(choice.start, Math.max(at, choice.start + 1));
		else choice.try(d.at, at);
	}

	pointerup(e) {
		this.pointers.delete(e.pointerId);
		const d = this.drag;
		this.drag = null;
		if (!d || !this.scene || d.kind === "pinch") return;
		const {choice} = this.scene;
		if (["choose", "start", "end"].includes(d.kind) && d.moved) {
			choice.set(choice.start, choice.end);
		} else if (!d.moved) {
			const picked = this.bar(e);
			if (picked) this.on.pick(picked);
			else this.on.seek(this.sample(e) / this.scene.rate);
		}
	}

	pointercancel(e) {
		this.pointers.delete(e.pointerId);
		this.drag = null;
		this.scene?.choice.revert();
	}
}

function size(canvas, width, height, ratio) {
	canvas.width = Math.round(width * ratio);
	canvas.height = Math.round(height * ratio);
	canvas.style.width = width + "px";
	canvas.style.height = height + "px";
}
