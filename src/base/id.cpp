#include "base/id.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/random.h>

#include "base/sync.hpp"

namespace errand {

namespace {

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> out{};
  std::size_t filled = 0;
  while (filled < N) {
    const auto got = ::getrandom(out.data() + filled, N - filled, 0);
    if (got < 0 && errno != EINTR) throw std::runtime_error("getrandom failed");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return out;
}

// The last time and counter given out, so that two ids of one millisecond keep their order (RFC 9562, 6.2 method 1).
struct Last {
  std::uint64_t ms = 0;
  std::uint32_t counter = 0;
};

Last next_stamp(std::uint64_t ms) {
  static Sync<Last> last;
  return last.with([&](Last& l) {
    if (ms > l.ms) {
      l = {ms, 0};
    } else if (++l.counter > 0xFFF) {
      l = {l.ms + 1, 0};
    }
    return l;
  });
}

}  // namespace

std::string make_uuid7(Timestamp at) {
  const auto stamp = next_stamp(static_cast<std::uint64_t>(std::max<std::int64_t>(0, at.time_since_epoch().count())));
  const auto random = random_bytes<8>();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}", stamp.ms >> 16U,
                     stamp.ms & 0xFFFFU, stamp.counter, (random[0] & 0x3FU) | 0x80U, random[1], random[2], random[3],
                     random[4], random[5], random[6], random[7]);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

std::string random_hex(std::size_t n) {
  std::string out;
  while (out.size() < 2 * n) {
    for (const auto byte : random_bytes<16>()) out += fmt::format("{:02x}", byte);
  }
  out.resize(2 * n);
  return out;
}

}  // namespace errand
