// The outline of a waveform at any zoom, from tiles that are asked for when
// they are first looked at. Between two zooms of the file the finer one is
// used; below the finest, the samples themselves.
import {getBytes, recordingPath} from "./api.js";

const tileBuckets = 4096;
const tileSamples = 1 << 16;
const maxTiles = 256; // of 20 kB
const maxSound = 24; // of 128 kB
const maxAsked = 6; // at once

// A Cache keeps what was used last.
class Cache {
	constructor(most) {
		this.most = most;
		this.map = new Map();
	}

	get(key) {
		const v = this.map.get(key);
		if (v && this.map.size > this.most / 2) {
			this.map.delete(key);
			this.map.set(key, v);
		}
		return v;
	}

	set(key, v) {
		this.map.set(key, v);
		if (this.map.size > this.most) this.map.delete(this.map.keys().next().value);
	}
}

// tile reads what the server sends of a zoom: peaks, and levels behind them.
function tile(buffer, leveled) {
	const n = buffer.byteLength / (leveled ? 5 : 4);
	return {peaks: new Int16Array(buffer, 0, 2 * n), levels: leveled ? new Uint8Array(buffer, 4 * n) : null};
}

// powers are those of the levels, whose scale is the square root of the RMS.
const powers = Float32Array.from({length: 256}, (_, i) => (i / 255) ** 4);

export class Peaks {
	// info is what the server says of the waveform; arrived is called when
	// there is more to draw.
	constructor(id, info, arrived, failed) {
		this.id = id;
		this.zooms = info.zooms.slice(0, info.base + 1); // what is coarser is not needed
		this.whole = tile(Uint8Array.from(atob(info.whole), (c) => c.charCodeAt(0)).buffer, this.zooms.at(-1).levels);
		this.length = info.frames;
		this.arrived = arrived;
		this.failed = failed;
		this.tiles = new Cache(maxTiles);
		this.sound = new Cache(maxSound);
		this.asked = new Set();
		this.queue = [];
		let loudest = 1;
		for (const v of this.whole.peaks) loudest = Math.max(loudest, Math.abs(v));
		this.gain = Math.min(8, 32767 / loudest); // quiet recordings fill the height too
	}

	close() { this.closed = true; }

	path(name, query) { return recordingPath(this.id, name + "?" + new URLSearchParams(query)); }

	ask(key, path, cache, read) {
		if (this.asked.has(key) || this.closed) return;
		this.asked.add(key);
		this.queue.push({key, path, cache, read});
		this.serve();
	}

	// serve asks for what was wanted last first: what is on screen now.
	serve() {
		this.running ??= 0;
		while (this.running < maxAsked && this.queue.length) {
			const {key, path, cache, read} = this.queue.pop();
			this.running++;
			getBytes(path).then((b) => {
				cache.set(key, read(b));
				this.asked.delete(key);
				if (!this.closed) this.arrived();
			}, (e) => {
				// Left among those asked for: it would fail again with each picture.
				if (!this.closed) this.failed(e);
			}).finally(() => {
				this.running--;
				this.serve();
			});
		}
		for (const {key} of this.queue.splice(0, Math.max(0, this.queue.length - 64))) this.asked.delete(key);
	}

	tile(zoom, n, want) {
		if (zoom === this.zooms.length - 1) return this.whole;
		const key = zoom + ":" + n;
		const found = this.tiles.get(key);
		if (!found && want) this.ask(key, this.path("/peaks", {zoom, first: n * tileBuckets, n: tileBuckets}), this.tiles, (b) => tile(b, this.zooms[zoom].levels));
		return found;
	}

	soundTile(n) {
		const key = "s" + n;
		const found = this.sound.get(key);
		if (!found) this.ask(key, this.path("/samples", {first: n * tileSamples, n: tileSamples}), this.sound, (b) => new Int16Array(b));
		return found;
	}

	// leveled reports whether there are levels: not of a recording that was measured
	// before there were any.
	get leveled() { return Boolean(this.zooms.at(-1).levels); }

	// levels fills out with the RMS of count columns, as columns has them. It reports
	// whether all were there.
	levels(from, spp, count, out) {
		let zoom = 1;
		while (zoom + 1 < this.zooms.length && this.zooms[zoom + 1].samples <= spp) zoom++;
		let complete = true;
		for (let x = 0; x < count; x++) {
			const start = from + x * spp;
			out[x] = 0;
			if (start + spp <= 0 || start >= this.length) continue;
			let z = zoom, power = this.power(z, start, spp, true);
			if (power < 0) complete = false;
			while (power < 0 && ++z < this.zooms.length) power = this.power(z, start, spp, false);
			out[x] = Math.sqrt(Math.max(0, power)) * this.gain;
		}
		return complete;
	}

	// power is the mean of the squares of a column; between the middles of two buckets
	// that are wider it lies between theirs. It is -1 where it is not known yet.
	power(zoom, start, spp, want) {
		const {samples, buckets} = this.zooms[zoom];
		if (spp < samples) {
			const at = Math.max(0, (start + spp / 2) / samples - 0.5), i = Math.min(buckets - 1, Math.floor(at));
			const a = this.bucketPower(zoom, i, want), b = this.bucketPower(zoom, Math.min(buckets - 1, i + 1), want);
			return a < 0 || b < 0 ? -1 : a + (b - a) * (at - i);
		}
		const first = Math.max(0, Math.floor(start / samples)), last = Math.min(buckets, Math.max(first + 1, Math.floor((start + spp) / samples)));
		let sum = 0;
		for (let b = first; b < last; b++) {
			const p = this.bucketPower(zoom, b, want);
			if (p < 0) return -1;
			sum += p;
		}
		return last > first ? sum / (last - first) : 0;
	}

	bucketPower(zoom, b, want) {
		const whole = zoom === this.zooms.length - 1, n = whole ? 0 : Math.floor(b / tileBuckets);
		const levels = this.tile(zoom, n, want)?.levels;
		return levels ? powers[levels[b - n * tileBuckets]] : -1;
	}

	// columns fills low and high for count columns of spp samples each, from a
	// position on, with values from -1 to 1. It reports whether all were there
	// as fine as they should be.
	columns(from, spp, count, low, high) {
		let zoom = 0;
		while (zoom + 1 < this.zooms.length && this.zooms[zoom + 1].samples <= spp) zoom++;
		const raw = spp < this.zooms[0].samples;
		let complete = true;
		const scale = this.gain / 32768;
		for (let x = 0; x < count; x++) {
			const start = from + x * spp, end = start + spp;
			low[x] = high[x] = 0;
			if (end <= 0 || start >= this.length) continue;
			if (raw && this.fromSound(x, Math.max(0, start), end, spp, low, high, scale)) continue;
			if (raw) complete = false;
			if (this.fromZoom(zoom, x, Math.max(0, start), end, low, high, scale, true)) continue;
			complete = false;
			for (let z = zoom + 1; z < this.zooms.length; z++) {
				if (this.fromZoom(z, x, Math.max(0, start), end, low, high, scale, false)) break;
			}
		}
		return complete;
	}

	fromZoom(zoom, x, start, end, low, high, scale, want) {
		const {samples, buckets} = this.zooms[zoom];
		const first = Math.min(buckets - 1, Math.floor(start / samples));
		const last = Math.min(buckets, Math.max(first + 1, Math.floor(end / samples)));
		const coarse = zoom === this.zooms.length - 1;
		let min = 32767, max = -32768;
		for (let b = first; b < last;) {
			const n = coarse ? 0 : Math.floor(b / tileBuckets);
			const values = this.tile(zoom, n, want)?.peaks;
			if (!values) return false;
			const offset = coarse ? 0 : n * tileBuckets;
			const stop = coarse ? last : Math.min(last, offset + tileBuckets);
			for (; b < stop; b++) {
				const i = 2 * (b - offset);
				if (values[i] < min) min = values[i];
				if (values[i + 1] > max) max = values[i + 1];
			}
		}
		low[x] = Math.max(-1, min * scale);
		high[x] = Math.min(1, max * scale);
		return true;
	}

	fromSound(x, start, end, spp, low, high, scale) {
		if (spp < 1) { // between two samples, on the line that joins them
			const i = Math.floor(start), part = start - i;
			const a = this.sample(i), b = this.sample(Math.min(this.length - 1, i + 1));
			if (a === undefined || b === undefined) return false;
			low[x] = high[x] = Math.max(-1, Math.min(1, (a + (b - a) * part) * scale));
			return true;
		}
		let min = 32767, max = -32768;
		const last = Math.min(this.length, Math.max(Math.floor(start) + 1, Math.floor(end)));
		for (let i = Math.floor(start); i < last; i++) {
			const v = this.sample(i);
			if (v === undefined) return false;
			if (v < min) min = v;
			if (v > max) max = v;
		}
		low[x] = Math.max(-1, min * scale);
		high[x] = Math.min(1, max * scale);
		return true;
	}

	sample(i) {
		const n = Math.floor(i / tileSamples);
		if (n !== this.lastTile || !this.lastSound) {
			this.lastSound = this.soundTile(n);
			this.lastTile = n;
		}
		return this.lastSound?.[i - n * tileSamples];
	}
}
