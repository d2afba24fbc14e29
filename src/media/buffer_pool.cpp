// SPDX-License-Identifier: Apache-2.0
//
// A slab is a header of one cache line followed by its bytes; or, for memory of somebody else, by
// the name of its owner. The hot path touches one spin lock of
// its own size class and one counter; nothing that all classes share is written by every take.
#include "media/buffer_pool.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>
#include <thread>

#include "base/check.h"
#include "media/copy_count.h"

namespace parley::media {
namespace {

constexpr std::size_t kCacheLine = 64;  // bytes
constexpr std::size_t kClassSizeMin = 256;
constexpr std::size_t kClassSizeMax = std::size_t{1} << 20U;
constexpr std::size_t kClasses =
    static_cast<std::size_t>(std::countr_zero(kClassSizeMax) - std::countr_zero(kClassSizeMin)) + 1;
constexpr std::size_t kLarge = kClasses;  // the list that never keeps a slab

std::size_t class_of(std::size_t bytes) {
  if (bytes > kClassSizeMax) return kLarge;
  const std::size_t rounded = std::bit_ceil(bytes < kClassSizeMin ? kClassSizeMin : bytes);
  return static_cast<std::size_t>(std::countr_zero(rounded) - std::countr_zero(kClassSizeMin));
}

/// Meets the BasicLockable requirements. Gives its slice away when the holder seems to be asleep.
class SpinLock {
 public:
  void lock() noexcept {
    for (int spins = 0; taken_.exchange(true, std::memory_order_acquire); ++spins) {
      if (spins % kSpinsMax == kSpinsMax - 1) std::this_thread::yield();
    }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsMax = 64;
  std::atomic<bool> taken_{false};
};

}  // namespace

struct alignas(kCacheLine) BufferRef::Slab {
  BufferPool::Store* store;
  Slab* next_free = nullptr;
  std::size_t capacity;  // bytes after the header
  std::size_t size_class;
  std::atomic<std::uint32_t> owners{1};
  std::byte* data = own();  // elsewhere only while the slab stands for external memory

  std::byte* own() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] bool is_external() noexcept { return data != own(); }
};

namespace {

/// What lies in a slab's own bytes while it stands for external memory.
struct External {
  ExternalMemory* owner;
  std::uint64_t token;
};
static_assert(sizeof(External) <= kClassSizeMin);

}  // namespace

struct BufferPool::Store {
  using Slab = BufferRef::Slab;
  static_assert(sizeof(Slab) == kCacheLine);

  struct alignas(kCacheLine) FreeList {
    SpinLock lock;
    bool is_closed = false;  // GUARDED_BY(lock), as all below: the pool is gone
    Slab* first = nullptr;
    std::uint64_t taken = 0;
    std::uint64_t grown = 0;
    std::uint64_t out = 0;  // slabs that somebody holds
    std::uint64_t out_bytes = 0;
  };

  // While the pool lives this stays far above zero; then it counts the slabs that are still out.
  static constexpr std::int64_t kPoolAlive = std::int64_t{1} << 60U;

  explicit Store(std::size_t retained_max) : retained_bytes_max(retained_max) {}

  Slab& take(std::size_t bytes);
  void give_back(Slab& slab) noexcept;
  bool may_retain(std::size_t bytes) noexcept;
  void close() noexcept;
  void drop_orphans(std::int64_t count) noexcept {
    if (orphans.fetch_sub(count, std::memory_order_acq_rel) == count) delete this;
  }

  static Slab& make_slab(Store* store, std::size_t size_class, std::size_t bytes);
  static void free_slab(Slab& slab) noexcept;

  const std::size_t retained_bytes_max;
  std::atomic<std::size_t> retained_bytes{0};
  std::atomic<std::int64_t> orphans{kPoolAlive};
  std::array<FreeList, kClasses + 1> lists;
};

// --- the pool
// -------------------------------------------------------------------------------------

BufferRef::Slab& BufferPool::Store::take(std::size_t bytes) {
  const std::size_t size_class = class_of(bytes);
  const std::size_t capacity = size_class == kLarge ? bytes : kClassSizeMin << size_class;
  FreeList& list = lists[size_class];
  Slab* slab = nullptr;
  {
    const std::lock_guard guard(list.lock);
    ++list.taken;
    ++list.out;
    list.out_bytes += capacity;
    if (list.is_closed) orphans.fetch_add(1, std::memory_order_relaxed);
    slab = list.first;
    if (slab != nullptr) {
      list.first = slab->next_free;
    } else {
      ++list.grown;
    }
  }
  if (slab == nullptr) return make_slab(this, size_class, capacity);
  retained_bytes.fetch_sub(capacity, std::memory_order_relaxed);
  slab->owners.store(1, std::memory_order_relaxed);
  return *slab;
}

/// After the lock is let go the store may be deleted, unless this slab counts as an orphan.
void BufferPool::Store::give_back(Slab& slab) noexcept {
  if (slab.is_external()) [[unlikely]] {
    External external{};
    std::memcpy(&external, slab.own(), sizeof(external));
    slab.data = slab.own();
    external.owner->release(external.token);
  }
  const std::size_t capacity = slab.capacity;
  FreeList& list = lists[slab.size_class];
  const bool fits = slab.size_class != kLarge && may_retain(capacity);
  bool is_closed = false;
  {
    const std::lock_guard guard(list.lock);
    --list.out;
    list.out_bytes -= capacity;
    is_closed = list.is_closed;
    if (fits && !is_closed) {
      slab.next_free = list.first;
      list.first = &slab;
      return;
    }
  }
  free_slab(slab);
  if (is_closed) drop_orphans(1);
}

bool BufferPool::Store::may_retain(std::size_t bytes) noexcept {
  if (retained_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes <= retained_bytes_max) {
    return true;
  }
  retained_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

/// The pool is gone: frees what is free, and leaves the store to the slabs that are out.
void BufferPool::Store::close() noexcept {
  std::int64_t out = 0;
  for (FreeList& list : lists) {
    const std::lock_guard guard(list.lock);
    list.is_closed = true;
    out += static_cast<std::int64_t>(list.out);
    while (list.first != nullptr) free_slab(*std::exchange(list.first, list.first->next_free));
  }
  drop_orphans(kPoolAlive - out);
}

BufferRef::Slab& BufferPool::Store::make_slab(Store* store, std::size_t size_class,
                                              std::size_t capacity) {
  void* const memory = ::operator new(sizeof(Slab) + capacity, std::align_val_t{alignof(Slab)});
  return *new (memory) Slab{.store = store, .capacity = capacity, .size_class = size_class};
}

void BufferPool::Store::free_slab(Slab& slab) noexcept {
  slab.~Slab();
  ::operator delete(&slab, std::align_val_t{alignof(Slab)});
}

BufferPool::BufferPool() : BufferPool(Options{}) {}
BufferPool::BufferPool(Options options) : store_(new Store(options.retained_bytes_max)) {}
BufferPool::~BufferPool() { store_->close(); }

BufferRef BufferPool::take(std::size_t bytes) {
  PARLEY_CHECK(bytes > 0);
  PARLEY_CHECK(bytes <= std::numeric_limits<std::uint32_t>::max());
  return {&store_->take(bytes), 0, static_cast<std::uint32_t>(bytes)};
}

BufferRef BufferPool::copy_of(std::span<const float> samples) {
  return copy_of(std::as_bytes(samples));
}

BufferRef BufferPool::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  BufferRef copy = take(bytes.size());
  std::memcpy(copy.slab_->data, bytes.data(), bytes.size());
  note_copied(bytes.size());
  return copy;
}

BufferRef BufferPool::wrap(std::span<const std::byte> memory, ExternalMemory& owner,
                           std::uint64_t token) {
  PARLEY_CHECK(!memory.empty());
  PARLEY_CHECK(memory.size() <= std::numeric_limits<std::uint32_t>::max());
  BufferRef::Slab& slab = store_->take(sizeof(External));
  const External external{&owner, token};
  std::memcpy(slab.own(), &external, sizeof(external));
  slab.data = const_cast<std::byte*>(memory.data());  // `writable` never gives it out
  return {&slab, 0, static_cast<std::uint32_t>(memory.size())};
}

BufferPool::Stats BufferPool::stats() const noexcept {
  Stats stats;
  for (Store::FreeList& list : store_->lists) {
    const std::lock_guard guard(list.lock);
    stats.taken += list.taken;
    stats.grown += list.grown;
    stats.in_use_bytes += list.out_bytes;
  }
  stats.retained_bytes = store_->retained_bytes.load(std::memory_order_relaxed);
  return stats;
}

// --- references
// -----------------------------------------------------------------------------------

void BufferRef::share(Slab& slab) noexcept { slab.owners.fetch_add(1, std::memory_order_relaxed); }

void BufferRef::release(Slab& slab) noexcept {
  // The only owner needs no atomic decrement: nobody else could share the slab meanwhile.
  if (slab.owners.load(std::memory_order_acquire) == 1 ||
      slab.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    slab.store->give_back(slab);
  }
}

std::span<const std::byte> BufferRef::bytes() const noexcept {
  if (slab_ == nullptr) return {};
  return {slab_->data + offset_, size_};
}

std::span<const float> BufferRef::floats() const noexcept {
  PARLEY_ASSERT(size_ % sizeof(float) == 0 && offset_ % alignof(float) == 0);
  const std::span<const std::byte> all = bytes();
  return {reinterpret_cast<const float*>(all.data()), all.size() / sizeof(float)};
}

std::span<std::byte> BufferRef::writable() {
  if (slab_ == nullptr) return {};
  if (slab_->owners.load(std::memory_order_acquire) != 1 || slab_->is_external()) {
    BufferRef own(&slab_->store->take(size_), 0, size_);
    std::memcpy(own.slab_->data, slab_->data + offset_, size_);
    note_copied(size_);
    *this = std::move(own);
  }
  return {slab_->data + offset_, size_};
}

std::span<float> BufferRef::writable_floats() {
  PARLEY_ASSERT(size_ % sizeof(float) == 0 && offset_ % alignof(float) == 0);
  const std::span<std::byte> all = writable();
  return {reinterpret_cast<float*>(all.data()), all.size() / sizeof(float)};
}

BufferRef BufferRef::slice(std::size_t offset, std::size_t length) const noexcept {
  PARLEY_CHECK(offset <= size_ && length <= size_ - offset);
  if (length == 0) return {};
  share(*slab_);
  return {slab_, offset_ + static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)};
}

}  // namespace parley::media
