static inline void lenet5_output(const lenet5_unit *f6, lenet5_sum *sums) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        sums[c] = lenet5_output_bias[c];
        for (int j = 0; j < LENET5_F6_UNITS; j++) sums[c] += lenet5_output_weight[c * LENET5_F6_UNITS + j] * f6[j];
    }
}

/* -log p from the weighted sums; LENET5_SCORE is log p but for a constant. */
static inline void lenet5_answer(const lenet5_sum *sums, float *penalties) {
    float highest = -INFINITY, total = 0;
    for (int c = 0; c < LENET5_CLASSES; c++) {
        float a = LENET5_PENALTY(sums[c], c);
        penalties[c] = LENET5_SCORE(a);
        if (penalties[c] > highest) highest = penalties[c];
    }
    for (int c = 0; c < LENET5_CLASSES; c++) total += expf(penalties[c] - highest);
    for (int c = 0; c < LENET5_CLASSES; c++) penalties[c] = logf(total) + highest - penalties[c];
}
