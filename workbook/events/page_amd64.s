#include "textflag.h"

// MARK stores in out the bits of the 64 bytes in Y4 and Y5 that equal those of
// value.
#define MARK(value, out) \
	VPCMPEQB Y4, value, Y6 \
	VPCMPEQB Y5, value, Y7 \
	VPMOVMSKB Y6, AX \
	VPMOVMSKB Y7, BX \
	SHLQ $32, BX \
	ORQ BX, AX \
	MOVQ AX, out

// func classifyAVX2(text *byte, blocks int, first, second byte, out *block)
TEXT ·classifyAVX2(SB), NOSPLIT, $0-32
	MOVQ text+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVQ out+24(FP), DI
	VPBROADCASTB first+16(FP), Y0
	VPBROADCASTB second+17(FP), Y1
	MOVL $10, AX
	MOVQ AX, X2
	VPBROADCASTB X2, Y2
	MOVL $32, AX
	MOVQ AX, X3
	VPBROADCASTB X3, Y3

next:
	VMOVDQU (SI), Y4
	VMOVDQU 32(SI), Y5
	MARK(Y0, 0(DI))
	MARK(Y1, 8(DI))
	MARK(Y2, 16(DI))

	// Signed, so that what lies below the blank takes in what lies above ASCII.
	VPCMPGTB Y4, Y3, Y6
	VPCMPGTB Y5, Y3, Y7
	VPMOVMSKB Y6, DX
	VPMOVMSKB Y7, BX
	SHLQ $32, BX
	ORQ BX, DX
	XORQ AX, DX // AX holds the newlines, which are all among them
	MOVQ DX, 24(DI)

	ADDQ $64, SI
	ADDQ $32, DI
	DECQ CX
	JNZ next
	VZEROUPPER
	RET
