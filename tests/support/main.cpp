#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "sandbox/inner.hpp"

// A test program that makes sandboxes is, as errand is, its own second stage inside.
int main(int argc, char** argv) {
  if (const auto ended = errand::sandbox::run_inner(argc, argv)) return *ended;
  return Catch::Session().run(argc, argv);
}
