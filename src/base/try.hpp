#pragma once

#include "base/error.hpp"

// The project's only control-flow macros.

#define ERRAND_CONCAT_(a, b) a##b
#define ERRAND_CONCAT(a, b) ERRAND_CONCAT_(a, b)

/// Returns the error of `expression` (a Result<…>) from the enclosing function, else goes on.
#define ERRAND_TRY(expression)                                                           \
  do {                                                                                   \
    auto errand_try_result = (expression);                                               \
    if (!errand_try_result) return ::errand::fail(std::move(errand_try_result).error()); \
  } while (false)

/// `ERRAND_TRY_ASSIGN(auto x, f())`: as ERRAND_TRY, and x is the value.
#define ERRAND_TRY_ASSIGN(declaration, expression) \
  ERRAND_TRY_ASSIGN_(ERRAND_CONCAT(errand_try_, __LINE__), declaration, expression)
#define ERRAND_TRY_ASSIGN_(name, declaration, expression)    \
  auto name = (expression);                                  \
  if (!name) return ::errand::fail(std::move(name).error()); \
  declaration = *std::move(name)
