#pragma once

namespace errand {

/// Exhaustive std::visit: one lambda per alternative, so that a new alternative cannot be forgotten.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;  // clang 14 needs the guide

}  // namespace errand
