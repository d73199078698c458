/* Decodes a file of raw H.264 with OpenH264 to raw pictures. Whatever the
   library reports is an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

static void plane(unsigned char *p, int stride, int width, int height)
{
	for (int y = 0; y < height; y++)
		fwrite(p + y * stride, 1, width, stdout);
}

static int show(DECODING_STATE state, unsigned char **planes, SBufferInfo *info)
{
	if (state != dsErrorFree) {
		fprintf(stderr, "decoding state %#x\n", state);
		return 1;
	}
	if (info->iBufferStatus == 1) {
		SSysMEMBuffer *b = &info->UsrData.sSystemBuffer;
		plane(planes[0], b->iStride[0], b->iWidth, b->iHeight);
		plane(planes[1], b->iStride[1], b->iWidth / 2, b->iHeight / 2);
		plane(planes[2], b->iStride[1], b->iWidth / 2, b->iHeight / 2);
	}
	return 0;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (!f)
		return 2;
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	unsigned char *data = malloc(n + 4);
	if (fread(data, 1, n, f) != (size_t)n)
		return 2;
	static const unsigned char start[4] = {0, 0, 0, 1};
	memcpy(data + n, start, 4);

	ISVCDecoder *d;
	SDecodingParam param;
	int level = WELS_LOG_WARNING;
	memset(&param, 0, sizeof param);
	param.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
	param.eEcActiveIdc = ERROR_CON_DISABLE;
	if (WelsCreateDecoder(&d) || (*d)->SetOption(d, DECODER_OPTION_TRACE_LEVEL, &level) || (*d)->Initialize(d, &param))
		return 2;
	unsigned char *planes[3];
	SBufferInfo info;
	for (long at = 0; at < n;) { /* a NAL unit at a time */
		long next = at + 4;
		while (memcmp(data + next, start, 4))
			next++;
		memset(&info, 0, sizeof info);
		if (show((*d)->DecodeFrameNoDelay(d, data + at, next - at, planes, &info), planes, &info))
			return 1;
		at = next;
	}
	memset(&info, 0, sizeof info);
	return show((*d)->FlushFrame(d, planes, &info), planes, &info);
}
