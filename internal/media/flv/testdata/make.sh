#!/usr/bin/env bash
# Makes the files of this folder. Needs ffmpeg with libmp3lame; made with 5.1.9.
set -euo pipefail
cd "$(dirname "$0")"
make() { ffmpeg -nostdin -v error -y -f lavfi -i 'sine=440:duration=0.7' -fflags +bitexact "$@"; }
make -c:a aac -b:a 16k -ar 22050 aac.flv
make -c:a libmp3lame -b:a 16k -ar 22050 mp3.flv
