
/* What a caller gives room for; it need not be cleared. */
typedef struct {
    uint8_t picture[32 * 32];                  /* framed by two pixels of paper */
    lenet5_unit s2[LENET5_C1_MAPS * 14 * 14];  /* C1 is squashed and subsampled as it is computed, and never kept */
    lenet5_unit s4[LENET5_C3_MAPS * 5 * 5];    /* nor is C3 */
    lenet5_unit c5[LENET5_C5_UNITS];
    lenet5_unit f6[LENET5_F6_UNITS];
} lenet5_room;

/* S2 and S4: four units of the layer below become one. */
static inline lenet5_sum lenet5_subsample(const lenet5_unit four[4], lenet5_sum coefficient, lenet5_sum bias) {
    return coefficient * ((four[0] + four[1]) + (four[2] + four[3])) + bias;
}

static inline lenet5_unit lenet5_maximum(const lenet5_unit four[4]) {
    lenet5_unit upper = four[0] > four[1] ? four[0] : four[1];
    lenet5_unit lower = four[2] > four[3] ? four[2] : four[3];
    return upper > lower ? upper : lower;
}

static inline void lenet5_c1_s2(lenet5_room *room) {
    for (int m = 0; m < LENET5_C1_MAPS; m++)
        for (int y = 0; y < 14; y++)
            for (int x = 0; x < 14; x++) {
                lenet5_unit four[4];
                for (int k = 0; k < 4; k++) {
                    const uint8_t *seen = room->picture + (2 * y + k / 2) * 32 + 2 * x + k % 2;
                    lenet5_sum sum = lenet5_c1_bias[m];
                    for (int i = 0; i < 5; i++)
                        for (int j = 0; j < 5; j++) sum += lenet5_c1_weight[25 * m + 5 * i + j] * seen[32 * i + j];
                    four[k] = LENET5_C1_SQUASH(sum, m);
                }
                room->s2[(m * 14 + y) * 14 + x] = LENET5_S2(four, m);
            }
}

/* A map of C3 sees the maps of S2 that its row of the connection table names. */
static inline void lenet5_c3_s4(lenet5_room *room) {
    for (int m = 0; m < LENET5_C3_MAPS; m++)
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++) {
                lenet5_unit four[4];
                for (int k = 0; k < 4; k++) {
                    lenet5_sum sum = lenet5_c3_bias[m];
                    for (int n = lenet5_c3_first[m]; n < lenet5_c3_first[m + 1]; n++) {
                        const lenet5_unit *seen = room->s2 + (lenet5_c3_source[n] * 14 + 2 * y + k / 2) * 14 + 2 * x + k % 2;
                        for (int i = 0; i < 5; i++)
                            for (int j = 0; j < 5; j++) sum += lenet5_c3_weight[25 * n + 5 * i + j] * seen[14 * i + j];
                    }
                    four[k] = LENET5_C3_SQUASH(sum, m);
                }
                room->s4[(m * 5 + y) * 5 + x] = LENET5_S4(four, m);
            }
}

static inline lenet5_sum lenet5_weigh(const lenet5_unit *weight, lenet5_sum bias, const lenet5_unit *seen, int count) {
    for (int i = 0; i < count; i++) bias += weight[i] * seen[i];
    return bias;
}

/* What the output units add up, LENET5_CLASSES of them. Whole numbers are the same on every machine. */
static inline void lenet5_sums(lenet5_room *room, const uint8_t *pixels, lenet5_sum *sums) {
    for (int i = 0; i < 32 * 32; i++) {
        int y = i / 32 - 2, x = i % 32 - 2;
        room->picture[i] = (uint8_t)(y >= 0 && y < 28 && x >= 0 && x < 28 ? pixels[28 * y + x] : 0);
    }
    lenet5_c1_s2(room);
    lenet5_c3_s4(room);
    for (int u = 0; u < LENET5_C5_UNITS; u++) {
        const lenet5_unit *weight = lenet5_c5_weight + u * LENET5_C3_MAPS * 25;
        lenet5_sum sum = lenet5_weigh(weight, lenet5_c5_bias[u], room->s4, LENET5_C3_MAPS * 25);
        room->c5[u] = LENET5_C5_SQUASH(sum, u);
    }
    for (int u = 0; u < LENET5_F6_UNITS; u++) {
        lenet5_sum sum = lenet5_weigh(lenet5_f6_weight + u * LENET5_C5_UNITS, lenet5_f6_bias[u], room->c5, LENET5_C5_UNITS);
        room->f6[u] = LENET5_F6_SQUASH(sum, u);
    }
    lenet5_output(room->f6, sums);
}

/* The class of a picture, 0 to LENET5_CLASSES - 1: 28 rows of 28 pixels, 0 for paper to 255 for ink.
   penalties: LENET5_CLASSES of them, the smallest is the answer's. */
static inline int lenet5_predict(lenet5_room *room, const uint8_t *pixels, float *penalties) {
    lenet5_sum sums[LENET5_CLASSES];
    lenet5_sums(room, pixels, sums);
    lenet5_answer(sums, penalties);
    int best = 0;
    for (int c = 1; c < LENET5_CLASSES; c++)
        if (penalties[c] < penalties[best]) best = c;
    return best;
}

#ifdef LENET5_SELF_TEST
/* 0 where two pictures of noise are answered as they were when this file was made: whole numbers to the bit. */
static inline int lenet5_self_test(lenet5_room *room) {
    for (int n = 0; n < 2; n++) {
        uint8_t pixels[28 * 28];
        float penalties[LENET5_CLASSES];
        lenet5_sum sums[LENET5_CLASSES];
        uint32_t state = (uint32_t)n + 1u;
        for (int i = 0; i < 28 * 28; i++) {
            state = state * 1664525u + 1013904223u;
            pixels[i] = (uint8_t)(state >> 24);
        }
        if (lenet5_predict(room, pixels, penalties) != lenet5_expected_class[n]) return 1;
        lenet5_output(room->f6, sums);
        for (int c = 0; c < LENET5_CLASSES; c++)
            if (!LENET5_SAME(penalties[c], sums[c], lenet5_expected[n * LENET5_CLASSES + c])) return 2;
    }
    return 0;
}
#endif

#endif
