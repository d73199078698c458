// Small waveforms, drawn in the rows of the library. What has been measured is
// asked for a few at a time; what has not is measured while it is in sight.
import {getBytes, recordingPath, work} from "./api.js";

const atOnce = 4;
const calm = 1200; // ms for which the list rests before anything is measured

export class Outlines {
	// drawn is told of an id whose outline has come.
	constructor(drawn) {
		this.drawn = drawn;
		this.known = new Map(); // id → Uint8Array, or null: not measured
		this.queue = [];
		this.busy = 0;
	}

	// of returns the outline of a recording, or nothing while it is asked for.
	of(id) {
		if (this.known.has(id)) return this.known.get(id);
		this.known.set(id, undefined);
		this.queue.push(id);
		this.next();
		return undefined;
	}

	next() {
		for (; this.busy < atOnce && this.queue.length; this.busy++) {
			this.ask(this.queue.pop()).finally(() => { // the last one is in sight
				this.busy--;
				this.next();
			});
		}
	}

	async ask(id) {
		try {
			const bytes = new Uint8Array(await getBytes(recordingPath(id, "/outline")));
			this.known.set(id, bytes.length ? bytes : null);
			if (bytes.length) this.drawn(id);
		} catch {
			this.known.delete(id);
		}
	}

	forget() {
		this.known.clear();
		this.queue = [];
	}

	// settle measures what is in sight once the list has come to rest: one
	// recording after the other, as long as inSight returns any.
	settle(inSight) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.measure(inSight), calm);
	}

	rest() { clearTimeout(this.timer); }

	async measure(inSight) {
		if (this.measuring) return;
		this.measuring = true;
		for (;;) {
			const id = document.visibilityState === "visible" && inSight().find((id) => this.known.get(id) === null);
			if (!id) break;
			try {
				await work(recordingPath(id, "/waveform"), {});
				await this.ask(id);
			} catch {
				this.known.set(id, new Uint8Array()); // it has no audio, or nothing can be written
			}
			if (!this.known.get(id)) this.known.set(id, new Uint8Array());
		}
		this.measuring = false;
	}
}

// draw draws an outline as bars; those before a share of it are the ones that
// were heard.
export function draw(canvas, bytes, share = 0) {
	const {clientWidth: width, clientHeight: height} = canvas, scale = devicePixelRatio || 1;
	if (!width || !height) return;
	const w = Math.round(width * scale), h = Math.round(height * scale);
	if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, {width: w, height: h});
	const c = canvas.getContext("2d"), style = getComputedStyle(canvas);
	c.clearRect(0, 0, w, h);
	const step = Math.max(2, Math.round(3.5 * scale)), bar = Math.max(1, Math.round(2 * scale)), n = Math.max(1, Math.floor((w + step - bar) / step));
	const rtl = style.direction === "rtl", heard = style.getPropertyValue("--main"), rest = style.getPropertyValue("--bar");
	let most = 1;
	for (const b of bytes ?? []) most = Math.max(most, b);
	for (let i = 0; i < n; i++) {
		let level = 0;
		if (bytes?.length) {
			const from = Math.floor(i * bytes.length / n), to = Math.max(from + 1, Math.floor((i + 1) * bytes.length / n));
			for (let k = from; k < to; k++) level = Math.max(level, bytes[k]);
			level = Math.pow(level / most, 0.8);
		}
		const size = Math.max(bar, Math.round(level * (h - 2)));
		c.fillStyle = (i + 0.5) / n < share ? heard : rest;
		const x = rtl ? w - bar - i * step : i * step;
		c.beginPath();
		c.roundRect(x, Math.round((h - size) / 2), bar, size, bar / 2);
		c.fill();
	}
}
