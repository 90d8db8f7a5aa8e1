static inline void lenet5_output(const int8_t *f6, int32_t *sums) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        sums[c] = lenet5_output_bias[c];
        for (int j = 0; j < LENET5_F6_UNITS; j++) sums[c] += lenet5_output_weight[c * LENET5_F6_UNITS + j] * f6[j];
    }
}

static inline void lenet5_answer(const int32_t *sums, float *penalties) {
    for (int c = 0; c < LENET5_CLASSES; c++) penalties[c] = (float)sums[c] * lenet5_output_scale[c];
    lenet5_minus_log(penalties);
}
