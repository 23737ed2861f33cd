/// Little CMS, and the macros that Swift's importer passes over as typed constants.
#pragma once
#include <lcms2.h>

#if LCMS_VERSION < 2090
#error "Little CMS 2.9 or newer is needed"
#endif

/// Packed red, green, blue, a byte each.
static const cmsUInt32Number lcms_rgb8 = TYPE_RGB_8;
