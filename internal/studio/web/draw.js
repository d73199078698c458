// Draws the waveform and what stands around it.
import {position, timeOfDay} from "./time.js";
import {t} from "./words.js";

export const heights = {ruler: 36, chapters: 20, bar: 14, lane: 16, thin: 11, gap: 4};
const many = 4; // lanes; more are thin

// colours are those of the page's theme.
export function colours(element) {
	const style = getComputedStyle(element);
	const get = (name) => style.getPropertyValue("--" + name).trim();
	const c = {font: "11px " + style.fontFamily, bold: "600 11px " + style.fontFamily, voices: []};
	for (const name of ["wave", "chosen", "choice", "text", "quiet", "line", "panel", "playhead", "mark", "fault"]) c[name] = get(name);
	for (let i = 0; i < 8; i++) c.voices.push(get("voice" + i));
	// Of a waveform the peaks are paler than what is inside them; who speaks for an
	// estimate, too.
	const shades = (inside, peaks) => [...c.voices.map((v) => ({inside: mixed(v, c.panel, inside), peaks: mixed(v, c.panel, peaks)}))];
	c.sure = shades(1, 0.5);
	c.about = shades(0.82, 0.38);
	c.nobody = {inside: c.wave, peaks: mixed(c.wave, c.panel, 0.5)};
	return c;
}

// mixed is so much of one colour in another, both as #rrggbb.
function mixed(a, b, share) {
	const part = (colour, i) => parseInt(colour.slice(2 * i + 1, 2 * i + 3), 16);
	return `rgb(${[0, 1, 2].map((i) => Math.round(share * part(a, i) + (1 - share) * part(b, i))).join(" ")})`;
}

// hatched is a pattern of slanted lines in a colour, sharp at any ratio.
const patterns = new Map();
function hatched(ctx, colour) {
	const ratio = ctx.getTransform().a, key = colour + ratio;
	let pattern = patterns.get(key);
	if (!pattern) {
		const size = Math.round(6 * ratio), tile = new OffscreenCanvas(size, size), own = tile.getContext("2d");
		own.strokeStyle = colour;
		own.lineWidth = size / 2.6;
		own.beginPath();
		for (const x of [-size, 0, size]) {
			own.moveTo(x - size / 2, size * 1.5);
			own.lineTo(x + size * 1.5, -size / 2);
		}
		own.stroke();
		pattern = ctx.createPattern(tile, "repeat");
		pattern.setTransform(new DOMMatrix().scale(1 / ratio));
		if (patterns.size > 64) patterns.clear();
		patterns.set(key, pattern);
	}
	return pattern;
}

// layout says where from top to bottom everything stands.
export function layout(scene, waveHeight) {
	const rows = {};
	let y = heights.ruler;
	const take = (name, height) => {
		rows[name] = {y, height};
		y += height;
	};
	if (scene.chapters.length > 1) take("chapters", heights.chapters);
	take("wave", waveHeight);
	y += heights.gap;
	if (scene.clips.length) take("clips", heights.bar);
	if (scene.moments.length) take("moments", heights.bar);
	if (scene.voices.length) take("lanes", laneHeight(scene) * scene.voices.length);
	rows.height = y + heights.gap;
	return rows;
}

const laneHeight = (scene) => scene.voices.length > many ? heights.thin : heights.lane;

const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

// paint draws a scene into ctx, in CSS pixels, and reports whether the
// waveform was there as fine as it should be.
export function paint(ctx, scene, view, rows, width, c) {
	const x = (sample) => (sample - view.from) / view.spp;
	const second = (s) => x(s * scene.rate);
	ctx.clearRect(0, 0, width, rows.height);
	ctx.font = c.font;
	ctx.textBaseline = "alphabetic";
	const {y, height} = rows.wave;
	if (scene.choice.now) {
		ctx.fillStyle = c.choice;
		const a = Math.max(-2, x(scene.choice.start)), b = Math.min(width + 2, x(scene.choice.end));
		ctx.fillRect(a, 0, Math.max(1, b - a), rows.height);
	}
	ruler(ctx, scene, view, rows, width, c);
	if (rows.chapters) chapters(ctx, scene, rows.chapters, second, width, c);
	for (const d of scene.damages) {
		ctx.fillStyle = c.fault;
		const a = Math.max(0, second(d.start)), b = Math.min(width, second(d.start + d.length));
		if (b > a) ctx.fillRect(a, y + height - 3, b - a, 3);
	}
	const complete = scene.peaks ? wave(ctx, scene, view, rows.wave, width, c) : false;
	for (const g of scene.gaps) gapMark(ctx, g, second(g.at), rows, width, c);
	if (rows.clips) bars(ctx, scene.clips, rows.clips, x, width, c.mark, true);
	if (rows.moments) bars(ctx, scene.moments, rows.moments, x, width, c.mark, false);
	if (rows.lanes) lanes(ctx, scene, rows.lanes, second, width, c);
	if (scene.choice.now) handles(ctx, scene, rows, x, width, c);
	const p = second(scene.playhead);
	if (p >= -1 && p <= width + 1) {
		ctx.fillStyle = c.playhead;
		ctx.fillRect(p - 0.75, 0, 1.5, rows.height);
	}
	return complete;
}

function ruler(ctx, scene, view, rows, width, c) {
	const perPixel = view.spp / scene.rate;
	const step = steps.find((s) => s / perPixel >= 110) ?? 36000;
	const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
	const first = Math.max(0, Math.ceil(view.from / scene.rate / step));
	ctx.fillStyle = c.line;
	ctx.fillRect(0, heights.ruler - 1, width, 1);
	for (let i = first; ; i++) {
		const s = i * step, x = (s * scene.rate - view.from) / view.spp;
		if (x > width || s * scene.rate > scene.length) break;
		ctx.fillStyle = c.line;
		ctx.fillRect(x, heights.ruler - 8, 1, 8);
		ctx.fillRect(x, rows.wave.y, 1, rows.wave.height);
		// What would be cut off at the edge is left out.
		const label = (text, y, colour) => {
			if (x + 4 + widthOf(ctx, text) > width) return;
			ctx.fillStyle = colour;
			ctx.fillText(text, x + 4, y);
		};
		label(position(s, digits), 14, c.text);
		const wall = step >= 1 && scene.clock.at(s);
		if (wall) label(timeOfDay(wall), 28, c.quiet);
	}
}

let low = new Float32Array(0), high = low, inner = low, floor = new Int16Array(0);

function wave(ctx, scene, view, row, width, c) {
	const ratio = ctx.getTransform().a;
	const count = Math.ceil(width * ratio);
	if (low.length < count) {
		[low, high, inner] = [0, 1, 2].map(() => new Float32Array(count));
		floor = new Int16Array(count);
	}
	const spp = view.spp / ratio;
	// Columns begin at multiples of their width, so that they keep their
	// shape while the picture moves.
	const from = spp >= 1 ? Math.floor(view.from / spp) * spp : view.from;
	let complete = scene.peaks.columns(from, spp, count, low, high);
	const middle = row.y + row.height / 2, half = row.height / 2 - 2;
	const shift = (from - view.from) / view.spp;
	if (scene.floor) scene.floor.columns(from, spp, count, floor);
	else floor.fill(-1, 0, count);
	const shades = scene.approximate ? c.about : c.sure;
	const shade = (i) => i < 0 ? c.nobody : shades[i % shades.length];
	if (spp < 3) {
		ctx.lineWidth = 1.25;
		for (let i = 0; i < count;) { // a line for each who speaks
			ctx.strokeStyle = shade(floor[i]).inside;
			ctx.beginPath();
			const voice = floor[i];
			for (;; i++) {
				ctx.lineTo(shift + i / ratio, middle - half * high[i]);
				if (high[i] !== low[i]) ctx.lineTo(shift + i / ratio, middle - half * low[i]);
				if (i + 1 >= count || floor[i] !== voice) break;
			}
			ctx.stroke();
			if (i + 1 >= count) break;
		}
		return complete;
	}
	// Whole pixels, each a rectangle of its own: a path of them, or edges
	// between pixels, would take several times as long.
	const w = 1 / ratio, leveled = scene.peaks.leveled;
	const column = (i, up, down) => {
		const top = Math.round((middle - half * up) * ratio), bottom = Math.round((middle - half * down) * ratio);
		ctx.fillRect(i * w, top * w, w, Math.max(1, bottom - top) * w);
	};
	for (let i = 0; i < count; i++) {
		if (i === 0 || floor[i] !== floor[i - 1]) ctx.fillStyle = leveled ? shade(floor[i]).peaks : shade(floor[i]).inside;
		column(i, high[i], low[i]);
	}
	if (!leveled) return complete;
	complete = scene.peaks.levels(from, spp, count, inner) && complete;
	for (let i = 0; i < count; i++) {
		if (i === 0 || floor[i] !== floor[i - 1]) ctx.fillStyle = shade(floor[i]).inside;
		column(i, Math.min(inner[i], high[i]), Math.max(-inner[i], low[i]));
	}
	return complete;
}

function chapters(ctx, scene, row, second, width, c) {
	scene.chapters.forEach((ch, i) => {
		const a = second(ch.start);
		const b = i + 1 < scene.chapters.length ? second(scene.chapters[i + 1].start) : second(scene.length / scene.rate);
		if (b < 0 || a > width) return;
		ctx.fillStyle = c.line;
		ctx.fillRect(a, row.y, 1, row.height);
		const left = Math.max(0, a) + 5, room = Math.min(b, width) - left - 3;
		if (room > 26) {
			ctx.fillStyle = c.quiet;
			ctx.fillText(fit(ctx, ch.title, room), left, row.y + 14);
		}
	});
}

const widths = new Map(); // of texts, which take long to measure

function widthOf(ctx, text) {
	let w = widths.get(text);
	if (w === undefined) {
		if (widths.size > 5000) widths.clear();
		widths.set(text, w = ctx.measureText(text).width);
	}
	return w;
}

// fit cuts a text to so many pixels.
function fit(ctx, text, room) {
	const whole = widthOf(ctx, text);
	if (whole <= room) return text;
	let n = Math.floor(text.length * room / whole);
	while (n > 0 && widthOf(ctx, text.slice(0, n) + "…") > room) n--;
	return n > 0 ? text.slice(0, n) + "…" : "";
}

function gapMark(ctx, g, x, rows, width, c) {
	if (x < -40 || x > width + 40) return;
	ctx.fillStyle = c.fault;
	for (let y = rows.wave.y; y < rows.wave.y + rows.wave.height; y += 8) ctx.fillRect(x - 1, y, 2, 5);
	ctx.font = c.bold;
	const text = t("gap") + " " + position(g.seconds);
	const w = ctx.measureText(text).width + 8;
	const left = x - 1 + w > width ? x + 1 - w : x - 1; // the label stands on the side that has room
	ctx.fillRect(left, rows.wave.y, w, 15);
	ctx.fillStyle = c.panel;
	ctx.fillText(text, left + 4, rows.wave.y + 11);
	ctx.font = c.font;
}

// bars shows clips, which are full, and moments, which are hollow, in a colour
// that no voice has.
function bars(ctx, list, row, x, width, colour, full) {
	ctx.fillStyle = ctx.strokeStyle = colour;
	ctx.lineWidth = 1.5;
	for (const s of list) {
		const a = Math.max(0, x(s.start)), b = Math.min(width, x(s.start + s.samples));
		if (b < 0 || a > width) continue;
		ctx.beginPath();
		ctx.roundRect(a + 0.75, row.y + 3.75, Math.max(1.5, b - a - 1.5), row.height - 7.5, 2.5);
		if (full) ctx.fill();
		ctx.stroke();
	}
}

function lanes(ctx, scene, row, second, width, c) {
	scene.voices.forEach((v, i) => {
		const lane = laneHeight(scene), y = row.y + i * lane, colour = c.voices[i % c.voices.length];
		ctx.fillStyle = c.line;
		ctx.fillRect(0, y + lane - 1, width, 1);
		ctx.fillStyle = scene.approximate ? hatched(ctx, colour) : colour;
		// What is less than a pixel apart is drawn as one.
		let a = NaN, b = NaN;
		const flush = () => { if (b >= 0 && a <= width) ctx.fillRect(Math.max(0, a), y + lane / 4, Math.max(1, Math.min(b, width) - Math.max(0, a)), lane / 2 - 1); };
		for (const [from, to] of v.turns) {
			const left = second(from), right = second(to);
			if (right < 0) continue;
			if (left > width) break;
			if (left - b < 0.5) {
				b = Math.max(b, right);
				continue;
			}
			flush();
			[a, b] = [left, right];
		}
		flush();
	});
}

// handles are the ends of the selection, below the times, which stay legible.
function handles(ctx, scene, rows, x, width, c) {
	for (const [at, side] of [[x(scene.choice.start), 1], [x(scene.choice.end), -1]]) {
		if (at < -12 || at > width + 12) continue;
		ctx.fillStyle = c.chosen;
		ctx.fillRect(at - 0.75, heights.ruler, 1.5, rows.height - heights.ruler);
		// The grip stands out from the waveform by an edge.
		const left = side > 0 ? at - 1 : at - 9, top = rows.wave.y + rows.wave.height / 2 - 16;
		ctx.beginPath();
		ctx.roundRect(left, top, 10, 32, 4);
		ctx.fill();
		ctx.strokeStyle = ctx.fillStyle = c.panel;
		ctx.lineWidth = 1.5;
		ctx.stroke();
		for (const x of [3.25, 5.75]) ctx.fillRect(left + x, top + 9, 1, 14);
	}
}

// paintWhole draws the waveform of all of a recording.
export function paintWhole(ctx, scene, width, height, c) {
	return wave(ctx, {...scene, choice: {now: null}}, {from: 0, spp: scene.length / width}, {y: 0, height}, width, c);
}

// paintOverview marks on it what is chosen, and which part is shown.
export function paintOverview(ctx, scene, view, width, height, shown, c) {
	const spp = scene.length / width;
	if (scene.choice.now) {
		ctx.fillStyle = c.chosen;
		ctx.fillRect(scene.choice.start / spp, 0, Math.max(2, scene.choice.now.samples / spp), 3);
	}
	ctx.fillStyle = c.choice;
	const a = view.from / spp, b = (view.from + shown * view.spp) / spp;
	ctx.fillRect(a, 0, Math.max(3, b - a), height);
	ctx.strokeStyle = c.chosen;
	ctx.lineWidth = 1.5;
	ctx.strokeRect(a + 0.75, 0.75, Math.max(3, b - a) - 1.5, height - 1.5);
	ctx.fillStyle = c.playhead;
	ctx.fillRect(scene.playhead * scene.rate / spp - 0.75, 0, 1.5, height);
}
