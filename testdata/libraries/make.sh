#!/usr/bin/env bash
# Makes the fixture of a library as one version of the program writes it:
#
#     bash testdata/libraries/make.sh /path/to/spaces testdata/libraries/NAME.zip
#
# It needs espeak-ng, ffmpeg and zip. It is not run by tests: a fixture stands
# for the program that wrote it and is never made anew. Commands that a later
# program names otherwise are written here as that program wants them, for the
# next fixture.
set -euo pipefail
spaces=$(realpath "$1") zip=$(realpath -m "$2") sample=$(realpath "$(dirname "$0")/../sample-archive.zip")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir home made
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config SPACES_LIBRARY=$work/library TZ=UTC

"$spaces" extract "$sample"
espeak-ng -w talk.wav "This is a loose recording, made for the fixture of a library."
ffmpeg -v error -i talk.wav -t 4 -ar 44100 -ac 1 -c:a libmp3lame -b:a 64k radio.mp3
ffmpeg -v error -i talk.wav -t 3 -ar 44100 -ac 1 -c:a flac notes.flac
ffmpeg -v error -i talk.wav -t 2 -ar 22050 -ac 1 memo.wav
"$spaces" add radio.mp3 --started-at 2021-05-01T10:00
"$spaces" add notes.flac --started-at 2021-05-02T10:00
"$spaces" add memo.wav --started-at 2021-05-03T10:00
"$spaces" list --json >list.jsonl
rename() { # rename STARTED TITLE: loose recordings have ids made of their hash
	"$spaces" edit "$(grep "\"started_at\":\"$1" list.jsonl | sed 's/.*"id":"\([^"]*\)".*/\1/')" --title "$2"
}
rename 2021-05-01 "Radio talk"
rename 2021-05-02 "Field notes"
rename 2021-05-03 "Memo"
"$spaces" edit 1yoJ --title "Jazz night" --note "never recorded"

"$spaces" clip 1ypK --at 12.5 --length 4s --title "Lossless quote"
"$spaces" clip 1ypK --around 0:20 --length 3s --fade 0.5s
"$spaces" clip 1RDx --at 14 --length 4s --format mp3
"$spaces" clip 1RDx --at 5 --length 3s --format mp4
"$spaces" clip Radio --at 1 --length 2s
"$spaces" clip Field --at 1 --length 1.5s
"$spaces" measure latest >/dev/null
"$spaces" speakers show latest --labels >turns.txt
"$spaces" speakers confirm latest --turns turns.txt
echo "yes, by mail" >evidence.txt
"$spaces" consent set lea_durand granted
"$spaces" consent set tomokafor granted --for clip,episode,upload --evidence evidence.txt
"$spaces" consent set mika_prod declined --note "on the phone"
"$spaces" clip 1ypK --around 0:20 --length 3s --fade 0.5s -o made/faded.m4a
"$spaces" clip 1ypK --at 3 --length 2s -o made/lossless.m4a
"$spaces" clip 1RDx --at 14 --length 2s --format mp3 -o made/quote.mp3
"$spaces" clip 1RDx --at 14 --length 2s --format mp4 -o made/video.mp4

"$spaces" export 1RDx
"$spaces" export 1ypK --format mp3 --trim-silence --chapters turns --consented-only --reviewed
"$spaces" export Radio --preset untouched
"$spaces" feed init --title "Open Mic" --base-url https://example.com/show/ --author "Léa" --language en
"$spaces" feed build --site
"$spaces" upload 1RDx "file://$work/web"
"$spaces" upload --feed "file://$work/web"
sed -i "s|$work|/fixture|g" library/uploads/*.jsonl

rm -f "$zip"
zip -q -9 -r -X "$zip" library made # web holds what library/feed holds
ls -l "$zip"
