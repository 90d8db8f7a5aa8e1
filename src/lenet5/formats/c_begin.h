/* LeNet-5 "{name}" in C99, {numbers}; made by lenet5 {version}.

   Include it in one source file:

       #include "lenet5.h"
       static lenet5_room room;
       float penalties[LENET5_CLASSES];
       int answer = lenet5_predict(&room, pixels, penalties);

   pixels: 28 rows of 28 bytes, 0 for paper to 255 for ink. The answer is the class with the smallest penalty, and
   lenet5_classes has its name. Nothing is allocated, and nothing is kept from one call to the next.
   Tables: {flash:,} bytes of flash. Room: {ram:,} bytes of RAM.
   With LENET5_SELF_TEST defined, lenet5_self_test(&room) is 0 where this machine answers as it should. */
#ifndef LENET5_H
#define LENET5_H

#include <math.h>
#include <stdint.h>
