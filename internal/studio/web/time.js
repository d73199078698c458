// Times as people read them.
import {language} from "./words.js";

// position is a time in a recording: 1:02:03.250. digits says how many
// follow the point.
export function position(seconds, digits = 0) {
	const scale = 10 ** digits;
	const whole = Math.max(0, Math.round(seconds * scale));
	const total = Math.floor(whole / scale);
	const h = Math.floor(total / 3600), m = Math.floor(total / 60) % 60, s = total % 60;
	let text = h > 0 ? h + ":" + String(m).padStart(2, "0") : String(m);
	text += ":" + String(s).padStart(2, "0");
	if (digits > 0) text += "." + String(whole % scale).padStart(digits, "0");
	return text;
}

// exact is a time as the command line takes it, to the microsecond, which is
// far less than a sample.
export function exact(seconds) {
	return seconds.toFixed(6).replace(/\.?0+$/, "");
}

const formats = new Map();

function format(options) {
	const key = language() + JSON.stringify(options);
	if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language(), options));
	return formats.get(key);
}

export const date = (d) => format({dateStyle: "medium"}).format(d);
export const dateTime = (d) => format({dateStyle: "medium", timeStyle: "short"}).format(d);
export const timeOfDay = (d) => format({hour: "2-digit", minute: "2-digit", second: "2-digit"}).format(d);

// A Clock knows the wall clock of every position of a recording.
export class Clock {
	// clocks are {start, wall} in order, start in seconds.
	constructor(clocks) {
		this.runs = clocks.map((c) => ({start: c.start, wall: Date.parse(c.wall)})).filter((c) => !Number.isNaN(c.wall));
	}

	// at returns a Date, or null where nothing tells it.
	at(seconds) {
		let found = null;
		for (const r of this.runs) {
			if (r.start > seconds) break;
			found = r;
		}
		return found && new Date(found.wall + (seconds - found.start) * 1000);
	}
}

export function bytes(n) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let i = 0;
	for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
	return new Intl.NumberFormat(language(), {maximumFractionDigits: n < 10 && i > 0 ? 1 : 0}).format(n) + " " + units[i];
}

export const number = (n) => new Intl.NumberFormat(language()).format(n);
export const decimal = (n, digits) => new Intl.NumberFormat(language(), {minimumFractionDigits: digits, maximumFractionDigits: digits}).format(n);
