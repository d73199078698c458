#!/bin/sh
# Cuts the fonts of this folder from those of Debian's package fonts-inter, with
# pyftsubset (package fonttools):
#   sh cut.sh FOLDER     writes Inter-Regular.otf and Inter-Bold.otf to FOLDER
set -eu
from=/usr/share/fonts/opentype/inter
# Latin, Greek, Cyrillic and their marks; then punctuation, currency, letters
# and numbers as signs, arrows, and the signs that people type.
have=U+0020-007E,U+00A0-024F,U+0259,U+02B0-02FF,U+0300-036F,U+0370-03FF,U+0400-052F,U+1E00-1FFF,U+2C60-2C7F,U+FB00-FB06
have=$have,U+2000-209F,U+20A0-20CF,U+2100-218F,U+2190-21FF,U+2200-22FF,U+2300,U+2318,U+2325,U+25A0-25FF,U+2600-2606
have=$have,U+2611-2613,U+2639-263B,U+2660-2667,U+266A-266F,U+2713-2717,U+2756,U+2764,U+2A7D,U+2A7E,U+2E18,U+FFFD
for weight in Regular Bold; do
	# Without calt, which makes arrows of -> and others of what was typed.
	pyftsubset "$from/Inter-$weight.otf" --unicodes="$have" --output-file="$1/Inter-$weight.otf" \
		--layout-features=kern,mark,mkmk,ccmp,locl,liga,rlig,tnum --no-hinting --glyph-names=false \
		--name-IDs=0,1,2,3,4,5,6,13,14 --notdef-outline
done
