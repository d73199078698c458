#!/usr/bin/env bash
# Makes the MP3 and FLAC files of this folder. Needs Debian's ffmpeg; made with 5.1.9.
set -euo pipefail
cd "$(dirname "$0")"
speech=../../../fixture/testdata/host.aac
ffmpeg -v error -y -i $speech -t 3 -c:a libmp3lame -q:a 5 -ac 2 -fflags +bitexact stereo.mp3
ffmpeg -v error -y -i $speech -t 3 -c:a libmp3lame -b:a 32k -ar 22050 -ac 1 -fflags +bitexact lsf.mp3
ffmpeg -v error -y -i $speech -t 0.72 -ac 1 -ar 16000 -c:a flac -sample_fmt s16 -fflags +bitexact mono.flac
