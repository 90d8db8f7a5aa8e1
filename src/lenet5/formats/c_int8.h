typedef int8_t lenet5_unit; /* what a unit says */
typedef int32_t lenet5_sum; /* what it adds up */

/* A sum in steps of its squash, -127 to 127. Shifting a negative number to the right keeps its sign on every
   compiler that is known for a microcontroller; C99 leaves it to them. */
static inline int lenet5_place(int32_t sum, int32_t factor) {
    int64_t place = ((int64_t)sum * factor + ((int64_t)1 << (LENET5_SHIFT - 1))) >> LENET5_SHIFT;
    return place > 127 ? 127 : place < -127 ? -127 : (int)place;
}

