// What was said in a recording, as the server sends it, and what can be asked
// of it. Times are samples of the recording.

export class Said {
	constructor(v) {
		this.stamp = v.stamp;
		this.rate = v.rate;
		this.language = v.language ?? "";
		this.speakersFrom = v.speakers_from ?? "";
		this.people = v.people ?? [];
		this.voices = [];
		this.lines = this.unpack(v);
		this.index();
	}

	// unpack makes lines of what the server sends: {start, end, voice, text,
	// times, texts}.
	unpack({voices = [], utterances = []}) {
		const known = voices.map((v) => this.voice(v));
		return utterances.map(([start, end, voice, text, times, texts]) => ({start, end, voice: known[voice], text: text.replace(/[\s\u0085]/g, " "), times, texts}));
	}

	// voice is one object for those who speak together.
	voice(v) {
		const key = JSON.stringify([v.speakers, v.label ?? "", Boolean(v.approximate)]);
		let found = this.voices.find((w) => w.key === key);
		if (!found) this.voices.push(found = {speakers: v.speakers, label: v.label ?? "", approximate: Boolean(v.approximate), key});
		return found;
	}

	index() {
		this.starts = Float64Array.from(this.lines, (l) => l.start);
		this.folds = null;
	}

	get length() { return this.lines.length; }

	// change takes out lines and puts others in, as the server has.
	change({from, removed, at, ...v}) {
		this.lines.splice(from, removed);
		this.lines.splice(at, 0, ...this.unpack(v));
		this.index();
	}

	// words are those of a line: where in its text each begins and ends, and when
	// it is said. A line whose words have no times is one word.
	words(i) {
		const line = this.lines[i];
		if (line.words) return line.words;
		const n = line.times.length / 2;
		if (n === 0) return line.words = [{from: 0, to: line.text.length, start: line.start, end: line.end}];
		const list = [], texts = line.texts ?? line.text.split(" ");
		let end = line.start, behind = 0;
		for (let k = 0; k < n; k++) {
			const start = end + line.times[2 * k];
			end = start + line.times[2 * k + 1];
			// What cannot be found in the text, such as what somebody has changed
			// since, stands nowhere in it.
			const word = texts[k] ?? "", found = word ? line.text.indexOf(word, behind) : -1;
			const from = found < 0 || found - behind > 200 ? behind : found;
			const to = from === found ? found + word.length : behind;
			list.push({from, to, start, end});
			behind = to;
		}
		return line.words = list;
	}

	// upTo is the number of lines that begin at a position or before.
	upTo(sample) {
		let a = 0, b = this.starts.length;
		while (a < b) {
			const m = (a + b) >> 1;
			if (this.starts[m] <= sample) a = m + 1;
			else b = m;
		}
		return a;
	}

	// at is the line that is said at a position, and which of its words: the last
	// one that has begun. Between two lines that is the earlier one, with no word.
	at(sample) {
		const last = this.upTo(sample) - 1;
		for (let i = last; i >= 0 && i > last - 16; i--) {
			if (this.lines[i].end <= sample) continue;
			const words = this.words(i);
			let word = -1;
			while (word + 1 < words.length && words[word + 1].start <= sample) word++;
			return {line: i, word};
		}
		return {line: last, word: -1};
	}

	// chosen is what a stretch covers of the text of a line, [from, to], or null: its
	// words by their middle.
	chosen(i, start, end) {
		const line = this.lines[i];
		if (line.start >= end || line.end <= start) return null;
		let from = -1, to = -1;
		for (const w of this.words(i)) {
			const middle = (w.start + w.end) / 2;
			if (middle < start || middle >= end || w.to <= w.from) continue;
			if (from < 0 || w.from < from) from = w.from;
			to = Math.max(to, w.to);
		}
		return from < 0 ? null : [from, to];
	}

	// wordAt is the number of the word of a line at a place in its text. Between two
	// of them it is the later one, for the end of something the earlier one.
	wordAt(i, offset, ends = false) {
		const words = this.words(i);
		if (ends) {
			let k = words.length - 1;
			while (k > 0 && words[k].from >= offset) k--;
			return k;
		}
		const k = words.findIndex((w) => w.to > offset);
		return k < 0 ? words.length - 1 : k;
	}

	// find lists where a text is said: {line, from, to}. Case and accents do not
	// count.
	find(text) {
		const wanted = fold(text).text.trim();
		if (!wanted) return [];
		this.folds ??= this.lines.map((l) => fold(l.text).text);
		const hits = [];
		this.folds.forEach((folded, line) => {
			let at = folded.indexOf(wanted);
			if (at < 0) return;
			const places = fold(this.lines[line].text, true).places ?? {};
			for (; at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
				hits.push({line, from: places[at] ?? at, to: places[at + wanted.length] ?? at + wanted.length});
			}
		});
		return hits;
	}
}

const letters = {"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "’": "'", "‘": "'", "ʼ": "'"};

// fold makes one of the texts that people take for the same, as the search in the
// library does. places has, if it is wanted, where in the text each character of
// it comes from, unless these are the same.
function fold(text, placed = false) {
	if (/^[\x20-\x7e]*$/.test(text) && !/ {2}/.test(text)) return {text: text.toLowerCase()};
	let folded = "";
	const places = [];
	let at = 0;
	for (const c of text) {
		let plain = c.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
		plain = letters[plain] ?? plain;
		if (/^\s+$/.test(plain)) plain = folded.endsWith(" ") ? "" : " ";
		if (placed) for (let k = 0; k < plain.length; k++) places.push(at);
		folded += plain;
		at += c.length;
	}
	places.push(at);
	return {text: folded, places};
}
