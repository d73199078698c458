#!/usr/bin/env bash
# Makes the files of this folder. Needs ffmpeg with libopus; made with 5.1.9.
set -euo pipefail
cd "$(dirname "$0")"
make() { ffmpeg -nostdin -v error -y -f lavfi -i 'sine=440:duration=1' -fflags +bitexact "$@"; }
# As a browser's MediaRecorder writes it: clusters of unknown size, no index.
make -c:a libopus -b:a 12k -ac 1 -cluster_time_limit 400 -live 1 live.webm
make -c:a libopus -b:a 12k -ac 1 opus.webm
make -c:a aac -b:a 16k -ar 24000 -metadata title=Débat -metadata artist=host aac.mkv
