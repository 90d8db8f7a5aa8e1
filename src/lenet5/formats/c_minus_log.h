/* penalties[] = -log p from the weighted sums that it holds; LENET5_SCORE is log p but for a constant. */
static inline void lenet5_minus_log(float *penalties) {
    float highest = -INFINITY, total = 0;
    for (int c = 0; c < LENET5_CLASSES; c++) {
        float a = penalties[c];
        penalties[c] = LENET5_SCORE(a);
        if (penalties[c] > highest) highest = penalties[c];
    }
    for (int c = 0; c < LENET5_CLASSES; c++) total += expf(penalties[c] - highest);
    for (int c = 0; c < LENET5_CLASSES; c++) penalties[c] = logf(total) + highest - penalties[c];
}

