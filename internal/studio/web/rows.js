// A list of rows that are as high as their text needs, of which only those near
// the window are in the document.

const margin = 500; // pixels above and below the window that are filled too

export class Rows {
	// box scrolls; list, in it, holds the rows. of has make(i), which returns the
	// element of a row, lines(i, width), a guess of its height in pixels, and
	// drawn(), called when other rows are in the document.
	constructor(box, list, of) {
		this.box = box;
		this.list = list;
		this.of = of;
		this.rows = new Map(); // number → element
		this.count = 0;
		box.addEventListener("scroll", () => this.scrolled(), {passive: true});
		new ResizeObserver(() => this.resized()).observe(box);
	}

	// show begins with so many rows, at the beginning of the list.
	show(count) {
		this.clear();
		this.count = count;
		this.moved = false;
		this.guess();
		this.scroll(0);
		this.draw();
	}

	clear() {
		for (const row of this.rows.values()) row.remove();
		this.rows.clear();
		this.count = 0;
		this.list.style.height = "0";
	}

	// guess guesses all heights; each is measured when its row is drawn.
	guess() {
		this.width = this.box.clientWidth;
		this.heights = new Float32Array(this.count);
		this.measured = new Uint8Array(this.count);
		this.tops = new Float64Array(this.count + 1);
		for (let i = 0; i < this.count; i++) this.heights[i] = this.of.guess(i, this.width);
		this.sum(0);
	}

	sum(from) {
		for (let i = from; i < this.count; i++) this.tops[i + 1] = this.tops[i] + this.heights[i];
	}

	// index is the row at a height.
	index(y) {
		let a = 0, b = this.count - 1;
		while (a < b) {
			const m = (a + b + 1) >> 1;
			if (this.tops[m] <= y) a = m;
			else b = m - 1;
		}
		return a;
	}

	// scroll is what the program does itself; what comes else is the user's.
	scroll(y) {
		this.box.scrollTop = y;
		this.at = this.box.scrollTop;
	}

	scrolled() {
		this.stray();
		this.soon();
	}

	// stray notices that the user has scrolled, also before the browser tells.
	stray() {
		if (Math.abs(this.box.scrollTop - this.at) < 1.5) return;
		this.at = this.box.scrollTop;
		this.of.scrolled();
	}

	soon() {
		if (this.waiting) return;
		this.waiting = true;
		requestAnimationFrame(() => {
			this.waiting = false;
			this.draw();
		});
	}

	resized() {
		if (!this.count || this.box.clientWidth === 0) return;
		if (this.box.clientWidth !== this.width) {
			// What is at the top stays there.
			const first = this.index(this.box.scrollTop), share = (this.box.scrollTop - this.tops[first]) / this.heights[first];
			this.guess();
			this.list.style.height = this.tops[this.count] + "px";
			this.scroll(this.tops[first] + share * this.heights[first]);
		}
		this.draw();
	}

	// draw puts the rows near the window into the document. The row keep, if it is
	// given, stays where it is seen, else the one at the top, though the heights
	// of rows above turn out to be others.
	draw(keep) {
		if (!this.count || this.box.clientHeight === 0) return;
		this.stray();
		const kept = keep ?? this.index(this.box.scrollTop);
		let changed = false;
		for (let again = 0; again < 4; again++) {
			const top = this.box.scrollTop, from = this.index(Math.max(0, top - margin));
			const to = Math.min(this.count, this.index(top + this.box.clientHeight + margin) + 1);
			const offset = top - this.tops[kept];
			const added = this.fill(from, to);
			changed ||= added;
			const right = this.measure();
			this.list.style.height = this.tops[this.count] + "px";
			for (const [i, row] of this.rows) row.style.transform = `translateY(${this.tops[i]}px)`;
			if (right) break;
			if (Math.abs(this.tops[kept] + offset - this.box.scrollTop) > 0.5) this.scroll(this.tops[kept] + offset);
		}
		this.at = this.box.scrollTop; // which a lower list has moved
		if (changed) this.of.drawn();
	}

	// fill makes the rows from one to before another, and takes out the others but
	// those that are pinned.
	fill(from, to) {
		let changed = false;
		for (const [i, row] of this.rows) {
			if (i >= from && i < to || this.of.pinned(row)) continue;
			this.of.removing?.(row);
			row.remove();
			this.rows.delete(i);
			changed = true;
		}
		let after = null;
		for (let i = to - 1; i >= from; i--) {
			let row = this.rows.get(i);
			if (!row) {
				row = this.of.make(i);
				this.rows.set(i, row);
				if (after === null) after = this.next(i);
				this.list.insertBefore(row, after);
				changed = true;
			}
			after = row;
		}
		return changed;
	}

	// next is the first row in the document behind a number.
	next(i) {
		let found = Infinity;
		for (const k of this.rows.keys()) if (k > i && k < found) found = k;
		return this.rows.get(found) ?? null;
	}

	// measure takes the heights of the rows that are new, and reports whether all
	// were guessed right.
	measure() {
		let least = Infinity;
		for (const [i, row] of this.rows) {
			if (this.measured[i]) continue;
			this.measured[i] = 1;
			const height = row.offsetHeight;
			if (Math.abs(height - this.heights[i]) < 0.25) continue;
			this.heights[i] = height;
			least = Math.min(least, i);
		}
		if (least < this.count) this.sum(least);
		return least === Infinity;
	}

	// renew makes a row anew that has changed.
	renew(i) {
		const row = this.rows.get(i);
		if (!row) {
			if (this.measured) this.measured[i] = 0;
			return;
		}
		const fresh = this.of.make(i), focused = row.contains(document.activeElement);
		row.replaceWith(fresh);
		this.rows.set(i, fresh);
		if (focused) fresh.focus({preventScroll: true});
		this.changed(i);
	}

	// changed is told of a row whose height may be another now.
	changed(i) {
		this.measured[i] = 0;
		this.draw();
	}

	// renewAll makes all rows anew, with the same ones in sight.
	renewAll(count = this.count) {
		const {scrollTop} = this.box, first = this.count ? this.index(scrollTop) : 0, offset = this.count ? scrollTop - this.tops[first] : 0;
		this.clear();
		this.count = count;
		if (!count) return;
		this.guess();
		this.list.style.height = this.tops[count] + "px";
		this.scroll(this.tops[Math.min(first, count - 1)] + offset);
		this.draw();
	}

	// reveal scrolls to a row unless it lies well within the window, and returns it.
	reveal(i, share = 0.25) {
		if (i < 0 || i >= this.count) return null;
		const {scrollTop: top, clientHeight: height} = this.box;
		const low = this.tops[i], high = low + this.heights[i];
		const seen = this.rows.has(i) && low >= top + Math.min(24, height / 10) && (high <= top + 0.8 * height || high - low > 0.7 * height && low <= top + 0.3 * height);
		if (!seen) {
			this.scroll(Math.max(0, low - share * height));
			this.draw(i);
		}
		return this.rows.get(i) ?? null;
	}
}
