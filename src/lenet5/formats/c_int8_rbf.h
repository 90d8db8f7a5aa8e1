/* The squared distance to the code of each class (eq. 7), in steps of F6. */
static inline void lenet5_output(const int8_t *f6, int32_t *sums) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        sums[c] = 0;
        for (int j = 0; j < LENET5_F6_UNITS; j++) {
            int32_t code = LENET5_F6_ONE * lenet5_rbf_codes[c * LENET5_F6_UNITS + j];
            int32_t apart = f6[j] - LENET5_F6_ZERO - code;
            sums[c] += apart * apart;
        }
    }
}

static inline void lenet5_answer(const int32_t *sums, float *penalties) {
    for (int c = 0; c < LENET5_CLASSES; c++) penalties[c] = (float)sums[c] * LENET5_F6_STEP_SQUARED;
}
