#!/usr/bin/env bash
# Makes the files of this folder. Needs ffmpeg with libopus; made with 5.1.9.
set -euo pipefail
cd "$(dirname "$0")"
make() { ffmpeg -nostdin -v error -y -f lavfi -i 'sine=440:duration=0.5' -fflags +bitexact -metadata title=Débat "$@"; }
make -c:a flac -ar 16000 -page_duration 100000 flac.oga
make -c:a libopus -b:a 12k -page_duration 100000 opus.opus
