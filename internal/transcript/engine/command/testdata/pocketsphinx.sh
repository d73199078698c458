#!/bin/sh
# Recognizes English with pocketsphinx: pocketsphinx.sh AUDIO OUT
# Each word comes with its times in seconds and its probability; <s>, <sil> and
# [NOISE] are not words, and "(2)" marks another pronunciation of one.
set -e
pocketsphinx_continuous -infile "$1" -time yes -logfn /dev/null | awk '
	function flush() {
		if (n) {
			printf "%s{\"start\":%s,\"end\":%s,\"text\":\"%s\",\"words\":[%s]}", sep, from, to, text, words
			sep = ",\n"
		}
		n = 0; text = ""; words = ""
	}
	BEGIN { print "{\"language\":\"en\",\"segments\":[" }
	NF == 4 && $2 ~ /^[0-9.]+$/ && $3 ~ /^[0-9.]+$/ {
		if ($1 ~ /^[<\[]/) next
		sub(/\([0-9]+\)$/, "", $1)
		if (!n) from = $2
		to = $3
		text = text (n ? " " : "") $1
		words = words (n ? "," : "") sprintf("{\"word\":\"%s\",\"start\":%s,\"end\":%s,\"probability\":%s}", $1, $2, $3, $4 > 1 ? 1 : $4)
		n++
		next
	}
	{ flush() }
	END { flush(); print "\n]}" }
' > "$2"
