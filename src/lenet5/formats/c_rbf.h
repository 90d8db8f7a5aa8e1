/* The squared distance to the code of each class (eq. 7), in steps of F6. */
static inline void lenet5_output(const lenet5_unit *f6, lenet5_sum *sums) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        sums[c] = 0;
        for (int j = 0; j < LENET5_F6_UNITS; j++) {
            lenet5_sum code = LENET5_F6_ONE * (lenet5_sum)lenet5_rbf_codes[c * LENET5_F6_UNITS + j];
            lenet5_sum apart = f6[j] - LENET5_F6_ZERO - code;
            sums[c] += apart * apart;
        }
    }
}

static inline void lenet5_answer(const lenet5_sum *sums, float *penalties) {
    for (int c = 0; c < LENET5_CLASSES; c++) penalties[c] = LENET5_PENALTY(sums[c], c);
}
