static inline void lenet5_answer(const float *f6, float *penalties) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        penalties[c] = lenet5_output_bias[c];
        for (int j = 0; j < LENET5_F6_UNITS; j++) penalties[c] += lenet5_output_weight[c * LENET5_F6_UNITS + j] * f6[j];
    }
    lenet5_minus_log(penalties);
}
